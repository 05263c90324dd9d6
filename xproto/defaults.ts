import type { DefaultValue } from './schema.ts'
import type { LinkNode, ScalarNode, Value } from './syntax.ts'
import { optionValue, textOf } from './values.ts'

const numericTypes: ReadonlySet<string> = new Set(['int32', 'uint32', 'int64', 'float', 'double'])

const integerPattern = /^[+-]?\d+$/
const numberPattern = /^[+-]?\d+(\.\d+)?$/

/** Whether the text is a number of that type. */
const isNumeric = (type: string, text: string): boolean =>
  (type === 'float' || type === 'double' ? numberPattern : integerPattern).test(text)

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
  if (content.kind === 'word') return fromWord(text)
  const type = field.kind === 'link' ? 'int32' : field.type.text
  if (numericTypes.has(type) && isNumeric(type, text)) return value(Number(text))
  return fromText(text)
}

/** What the field holds when a writer leaves it out. A bool that may be left out is false, as it cannot be null. */
export const defaultFrom = (field: ScalarNode | LinkNode): DefaultValue | undefined => {
  const content = optionValue(field.options, 'default')
  if (content !== undefined) return written(field, content)
  const optionalBool =
    field.kind === 'scalar' && field.type.text === 'bool' && field.modifier === 'optional'
  return optionalBool ? value(false) : undefined
}

/** Whether the written default is a value the field can hold. */
export const fitsType = (field: ScalarNode, { kind, ...rest }: DefaultValue): boolean => {
  if (kind !== 'value' || !('value' in rest) || rest.value === null) return true
  if (field.type.text === 'bool') return typeof rest.value === 'boolean'
  return typeof rest.value === (numericTypes.has(field.type.text) ? 'number' : 'string')
}
