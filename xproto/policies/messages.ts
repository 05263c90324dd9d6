/** Text, or the path of a value to put in its place. */
export type MessagePart = string | { readonly names: readonly string[] }

/** `{{`, `}}`, `{obj.name}`, a brace that belongs to nothing, or text without braces. */
const pattern = /\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g

const pathPattern = /^\{obj(?:\.[A-Za-z_$][\w$]*)+\}$/

const partFrom = (text: string): MessagePart => {
  if (text === '{{' || text === '}}') return text.charAt(0)
  return pathPattern.test(text) ? { names: text.slice(1, -1).split('.') } : text
}

/** The message of a validator in parts. A placeholder that is none stays as it is written. */
export const messageParts = (message: string): readonly MessagePart[] =>
  (message.match(pattern) ?? []).map(partFrom)

/** The first brace or placeholder that means nothing. */
export const badPlaceholderIn = (message: string): string | undefined =>
  (message.match(pattern) ?? []).find(
    (text) => /^(\{[^{}]*\}|[{}])$/.test(text) && !pathPattern.test(text),
  )

/** A value as Python prints it, so that messages read as they always did. */
export const printValue = (value: string | number | boolean | null): string => {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return String(value)
}
