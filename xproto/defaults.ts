import { isDate } from './field-options.ts'
import { isManyToMany } from './program.ts'
import type { DefaultValue } from './schema.ts'
import type { LinkNode, ScalarNode, Value } from './syntax.ts'
import { flagOf, optionValue, textOf } from './values.ts'

const numericTypes: ReadonlySet<string> = new Set(['int32', 'uint32', 'int64', 'float', 'double'])

const integerPattern = /^[+-]?\d+$/
const numberPattern = /^[+-]?\d+(\.\d+)?$/

/** Whether the text is a number of that type. */
const isNumeric = (type: string, text: string): boolean =>
  (type === 'float' || type === 'double' ? numberPattern : integerPattern).test(text)

export const isNone = ({ kind, text }: Value): boolean => kind === 'word' && text === 'None'

const value = (content: string | number | boolean | null): DefaultValue => ({
  kind: 'value',
  value: content,
})

const fromWord = (text: string): DefaultValue => {
  if (text === 'None') return value(null)
  if (text === 'True' || text === 'False') return value(text === 'True')
  return { kind: 'named', name: text, call: false }
}

const fromText = (text: string): DefaultValue => {
  if (text === 'now()') return { kind: 'now' }
  return text.endsWith('()') ? { kind: 'named', name: text.slice(0, -2), call: true } : value(text)
}

const written = (field: ScalarNode | LinkNode, content: Value): DefaultValue => {
  const text = textOf(content)
  const type = field.kind === 'link' ? 'int32' : field.type.text
  const flag = type === 'bool' ? flagOf(content) : undefined
  if (flag !== undefined) return value(flag)
  if (content.kind === 'word') return fromWord(text)
  if (numericTypes.has(type) && isNumeric(type, text)) return value(Number(text))
  return fromText(text)
}

/** What the field holds when a writer leaves it out. A bool that may be left out is false, as it is never null. */
export const defaultFrom = (field: ScalarNode | LinkNode): DefaultValue | undefined => {
  const content = optionValue(field.options, 'default')
  const isBool = field.kind === 'scalar' && field.type.text === 'bool'
  if (content !== undefined && !(isBool && isNone(content))) return written(field, content)
  return isBool && field.modifier !== 'required' ? value(false) : undefined
}

/** What the field holds: the id of a record, ids of many, a date, or a value of its type. */
export const contentOf = (field: ScalarNode | LinkNode): string => {
  if (field.kind === 'link') return isManyToMany(field) ? 'list of ids' : 'id'
  return isDate(field) ? 'date' : field.type.text
}

/** Whether the written default is one the field can hold. A bool is True or False, which no function makes. */
export const fitsType = (field: ScalarNode | LinkNode, written: DefaultValue): boolean => {
  const content = contentOf(field)
  if (written.kind === 'now') return content === 'date'
  if (written.kind === 'named' || written.value === null) return content !== 'bool'
  if (content === 'bool') return typeof written.value === 'boolean'
  if (content === 'string') return typeof written.value === 'string'
  return (content === 'id' || numericTypes.has(content)) && typeof written.value === 'number'
}
