import { UsageError } from '../usage-error.ts'
import { fieldNamed, type FieldType, type ModelType } from './models.ts'

/** Fields of a record, by the names of the messages. */
export type Values = Readonly<Record<string, unknown>>

const wrong = (field: FieldType, expected: string, text: string): UsageError =>
  new UsageError(`Expected ${field.name} to be ${expected}, got "${text}".`)

const wholeNumber = (field: FieldType, text: string): number => {
  const number = Number(text)
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(number)) return number
  throw wrong(field, 'a whole number', text)
}

const scalarFrom = (field: FieldType, text: string): unknown => {
  switch (field.type) {
    case 'string':
      return text
    case 'bool':
      if (text === 'true' || text === 'false') return text === 'true'
      throw wrong(field, 'true or false', text)
    case 'float':
    case 'double':
      if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
      throw wrong(field, 'a number', text)
    default:
      // A link to nothing travels as 0.
      return text === '' && field.target !== undefined ? 0 : wholeNumber(field, text)
  }
}

const valueFrom = (field: FieldType, text: string): unknown => {
  if (!field.repeated) return scalarFrom(field, text)
  const parts = text === '' ? [] : text.split(',')
  return parts.map((part) => scalarFrom(field, part.trim()))
}

/**
 * Reads `FIELD=VALUE` words: numbers, true and false, text; a link is the id of what it links to, and nothing for
 * none; several ids are separated by commas.
 *
 * @throws UsageError for a word that is none, a field the model does not have, or a value it cannot have.
 */
export const readValues = (model: ModelType, words: readonly string[]): Values => {
  const values = new Map<string, unknown>()
  for (const word of words) {
    const [, name, text = ''] = /^(\w+)=(.*)$/s.exec(word) ?? []
    if (name === undefined) throw new UsageError(`Expected FIELD=VALUE, got "${word}".`)
    const field = fieldNamed(model, name)
    if (values.has(field.name)) throw new UsageError(`${field.name} is set twice.`)
    values.set(field.name, valueFrom(field, text))
  }
  return Object.fromEntries(values)
}
