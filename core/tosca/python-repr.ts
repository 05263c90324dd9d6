const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const textRepr = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replace(
      /[\p{Cc}\p{Cs}]/gu,
      (char) => escapes[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
  return quote + escaped + quote
}

const entryRepr = ([name, value]: readonly [string, unknown]): string =>
  `${textRepr(name)}: ${pythonRepr(value)}`

/**
 * A value as Python's `repr` shows it: `['a', 'b']`, `{'name': "it's"}`, `True`, `None`. Clients of the original
 * read these shapes out of its answers. A Map has text keys.
 */
export const pythonRepr = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return value.toString()
  if (typeof value === 'string') return textRepr(value)
  if (typeof value !== 'object' || value === null) return 'None'
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  const entries =
    value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value)
  return `{${entries.map(entryRepr).join(', ')}}`
}
