/**
 * Whether the whole text matches the pattern as a shell matches names of files: `*` is any text, `?` any character.
 * Takes at most as many steps as the two lengths multiplied, whatever the pattern.
 */
export const matchesGlob = (pattern: string, text: string): boolean => {
  let at = 0
  let char = 0
  // The last star, and where the text it stands for ends so far.
  let star = -1
  let starEnd = 0
  while (char < text.length) {
    if (pattern[at] === '*') {
      star = at
      starEnd = char
      at += 1
    } else if (pattern[at] === '?' || pattern[at] === text[char]) {
      at += 1
      char += 1
    } else if (star >= 0) {
      starEnd += 1
      at = star + 1
      char = starEnd
    } else return false
  }
  return /^\**$/.test(pattern.slice(at))
}
