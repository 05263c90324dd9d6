/** Names longer than this are not compared: the cost grows with the square of the length. */
const maxLength = 64

/**
 * Single edits that turn one name into the other, exchanging two neighbours included; letters that differ only in
 * case count for nothing.
 */
const distance = (left: string, right: string): number => {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1]
      const exchanged = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      current.push(
        Math.min(
          (previous[column - 1] ?? 0) + (same ? 0 : 1),
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          exchanged ? (beforePrevious[column - 2] ?? Infinity) + 1 : Infinity,
        ),
      )
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.length] ?? 0
}

/**
 * The known name most like the wrong one, or undefined when none is close: within `maxEdits`, by default a third of
 * the letters. Looks at a thousand candidates at most.
 */
export const nearestName = (
  wrong: string,
  known: Iterable<string>,
  maxEdits = Math.max(2, Math.floor(wrong.length / 3)),
): string | undefined => {
  if (wrong.length > maxLength) return undefined
  let best: string | undefined
  let bestDistance = maxEdits + 1
  let looked = 0
  for (const name of known) {
    if (looked === 1000) break
    looked += 1
    if (name.length > maxLength || Math.abs(name.length - wrong.length) >= bestDistance) continue
    const edits = distance(wrong.toLowerCase(), name.toLowerCase())
    if (edits < bestDistance && edits < wrong.length) {
      best = name
      bestDistance = edits
    }
  }
  return best
}

/** `; did you mean Color?`, or nothing when no known name is close. */
export const didYouMean = (wrong: string, known: Iterable<string>, maxEdits?: number): string => {
  const name = nearestName(wrong, known, maxEdits)
  return name === undefined ? '' : `; did you mean ${name}?`
}

export type DidYouMean = typeof didYouMean

/** With this many unknown names, spelling is not what is wrong with a text. */
const maxSuggestions = 50

/** The same, falling silent after so many questions that answering them all would take long. */
export const createSuggestions = (): DidYouMean => {
  let asked = 0
  return (wrong, known, maxEdits) => {
    asked += 1
    return asked > maxSuggestions ? '' : didYouMean(wrong, known, maxEdits)
  }
}
