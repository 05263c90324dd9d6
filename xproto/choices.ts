export type Choice = { readonly value: string | null; readonly label: string }

const tokenPattern =
  /\s*(?:([()[\],])|u?'((?:[^'\\]|\\.)*)'|u?"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_.+-]+))/y

const unquoted = (text: string): string => text.replace(/\\(.)/g, '$1')

/** Punctuation, or a constant: `None` is null, a number is its text. */
type Part = { readonly mark: string } | { readonly constant: string | null }

const partsOf = (text: string): readonly Part[] | undefined => {
  const parts: Part[] = []
  const trimmed = text.trimEnd()
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < trimmed.length) {
    const match = tokenPattern.exec(trimmed)
    if (match === null) return undefined
    const [, mark, single, double, word] = match
    if (mark !== undefined) parts.push({ mark: mark === '[' ? '(' : mark === ']' ? ')' : mark })
    else if (word !== undefined) parts.push({ constant: word === 'None' ? null : word })
    else parts.push({ constant: unquoted(single ?? double ?? '') })
  }
  return parts
}

/**
 * Reads the value of option `choices`: a python tuple or list of pairs, `(('in', 'In'), (None, u'Default'))`.
 * Undefined when it is anything else.
 */
export const choicesFrom = (text: string): readonly Choice[] | undefined => {
  const parts = partsOf(text)
  if (parts === undefined) return undefined
  let index = 0
  const accept = (mark: string): boolean => {
    const part = parts[index]
    if (part === undefined || !('mark' in part) || part.mark !== mark) return false
    index += 1
    return true
  }
  const constant = (): string | null | undefined => {
    const part = parts[index]
    if (part === undefined || !('constant' in part)) return undefined
    index += 1
    return part.constant
  }
  const pair = (): Choice | undefined => {
    if (!accept('(')) return undefined
    const value = constant()
    if (value === undefined || !accept(',')) return undefined
    const label = constant()
    if (label === undefined) return undefined
    accept(',')
    return accept(')') ? { value, label: label ?? 'None' } : undefined
  }

  const choices: Choice[] = []
  if (!accept('(')) return undefined
  while (!accept(')')) {
    const choice = pair()
    if (choice === undefined) return undefined
    choices.push(choice)
    if (accept(',')) continue
    if (!accept(')')) return undefined
    break
  }
  return index === parts.length && choices.length > 0 ? choices : undefined
}
