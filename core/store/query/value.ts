import { CoreError } from '../../errors.ts'
import type { FieldSql } from '../field-sql.ts'
import { microsecondsOf } from '../row.ts'

/** In UTF-16 units. */
const maxValueLength = 65_536

/** What `__in` may list. */
const maxListed = 1000

const integer = /^\s*[+-]?\d{1,16}\s*$/
const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i

const words = {
  number: 'a number',
  boolean: 'True or False',
  time: 'seconds since 1970',
  text: 'a text',
} as const

const shown = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)

/** A query that cannot be asked, because of a value. */
export const badValue = (name: string, message: string): CoreError =>
  new CoreError('INVALID_FIELD', `${name}: ${message}`, { [name]: message })

/** The value as text; throws INVALID_FIELD for one that no database keeps. */
export const textValue = (name: string, value: string | number): string => {
  const text = String(value)
  if (text.length > maxValueLength) {
    throw badValue(name, `expected at most ${maxValueLength} characters, got ${text.length}`)
  }
  if (text.includes('\0')) throw badValue(name, 'expected text without NUL characters')
  if (/\p{Surrogate}/u.test(text)) throw badValue(name, 'expected well-formed Unicode text')
  return text
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['True', 'true', 't', '1'].map((text) => [text, true] as const),
  ...['False', 'false', 'f', '0'].map((text) => [text, false] as const),
])

export const booleanValue = (name: string, value: string | number): boolean => {
  const text = textValue(name, value)
  const flag = booleans.get(text)
  if (flag === undefined) throw badValue(name, `expected True or False, got ${shown(text)}`)
  return flag
}

const finite = (text: string, pattern: RegExp): number | undefined => {
  const number = pattern.test(text) ? Number(text) : NaN
  return Number.isFinite(number) ? number : undefined
}

/** A value as Django reads it for a field of that kind, ready to be bound. Throws INVALID_FIELD. */
export const comparable = (
  name: string,
  { kind, column }: FieldSql,
  value: string | number,
): string | number | boolean => {
  const text = textValue(name, value)
  if (kind === 'text') return text
  if (kind === 'boolean') return booleanValue(name, value)
  // A column that holds a number is an integer; a field in JSON may be any number.
  const number = finite(text, kind === 'number' && column !== undefined ? integer : decimal)
  if (number === undefined) throw badValue(name, `expected ${words[kind]}, got ${shown(text)}`)
  if (kind === 'number') return number
  if (!Number.isSafeInteger(microsecondsOf(number))) {
    throw badValue(name, `expected ${words.time}, got ${shown(text)}`)
  }
  return microsecondsOf(number)
}

/** What stands between the commas of a value for `__in`. */
export const listedValues = (name: string, value: string | number): readonly string[] => {
  const values = textValue(name, value).split(',')
  if (values.length > maxListed) {
    throw badValue(name, `expected at most ${maxListed} values, got ${values.length}`)
  }
  return values
}
