import { isIP } from 'node:net'
import type { Field, LinkField, ScalarField } from '#xproto'

/** What is wrong with a value, as the end of a sentence that starts with the field; undefined when nothing is. */
type Finding = string | undefined

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return typeof value
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const isInteger = (value: unknown, min: number, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max

const isUrl = (text: string): boolean =>
  /^(https?|ftps?):\/\/[^\s/]/i.test(text) && URL.canParse(text) && !/\s/.test(text)

/** Without the zone of an interface, which means something on one machine only. */
const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%')

const isEmail = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text)

/** Seconds since 1970 that other languages can still make a date of: the years 1 to 9999. */
const isDate = (value: unknown): boolean =>
  typeof value === 'number' && value >= -62_135_596_800 && value <= 253_402_300_799

const integerRanges = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const

/** What came, for a message; never a secret. */
const shownOf = (field: Field, value: unknown): string =>
  field.name === 'password' ? 'something else' : shown(value)

/** Characters as PostgreSQL and Python count them. */
const codePoints = (text: string): number =>
  text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0)

const textFinding = (field: ScalarField, value: unknown): Finding => {
  if (typeof value !== 'string') return `expected a string, got ${shownOf(field, value)}`
  if (value.includes('\0')) return 'expected text without NUL characters'
  if (/\p{Surrogate}/u.test(value)) return 'expected well-formed Unicode text'
  if (value === '') return field.blank ? undefined : 'This field cannot be blank.'
  const length = codePoints(value)
  if (field.maxLength !== undefined && length > field.maxLength) {
    return `expected at most ${field.maxLength} characters, got ${length}`
  }
  if (field.choices !== undefined && !field.choices.some((choice) => choice.value === value)) {
    const known = field.choices.flatMap((choice) => choice.value ?? [])
    return `expected one of ${known.join(', ')}, got ${shownOf(field, value)}`
  }
  return formatFinding(field, value)
}

const formats = {
  ip: { is: isAddress, words: 'an IP address' },
  url: { is: isUrl, words: 'a URL' },
  email: { is: isEmail, words: 'an email address' },
} as const

const formatFinding = (field: ScalarField, value: string): Finding => {
  const { format } = field
  if (format !== 'ip' && format !== 'url' && format !== 'email') return undefined
  const { is, words } = formats[format]
  return is(value) ? undefined : `expected ${words}, got ${shownOf(field, value)}`
}

const numberFinding = (field: ScalarField, value: unknown): Finding => {
  if (field.type === 'float' || field.type === 'double') {
    return typeof value === 'number' && Number.isFinite(value)
      ? undefined
      : `expected a number, got ${shownOf(field, value)}`
  }
  if (field.type === 'bool' || field.type === 'string') return undefined
  const [least, most] = integerRanges[field.type]
  const min = Math.max(least, field.min ?? least)
  const max = Math.min(most, field.max ?? most)
  return isInteger(value, min, max)
    ? undefined
    : `expected a whole number from ${min} to ${max}, got ${shownOf(field, value)}`
}

const scalarFinding = (field: ScalarField, value: unknown): Finding => {
  if (field.format === 'date') {
    return isDate(value)
      ? undefined
      : `expected seconds since 1970 as a number, got ${shownOf(field, value)}`
  }
  if (field.type === 'bool') {
    return typeof value === 'boolean'
      ? undefined
      : `expected true or false, got ${shownOf(field, value)}`
  }
  return field.type === 'string' ? textFinding(field, value) : numberFinding(field, value)
}

/** Whether a value can be the id of a record. */
export const isId = (value: unknown): value is number => isInteger(value, 1, 2 ** 31 - 1)

const linkFinding = (field: LinkField, value: unknown): Finding => {
  if (field.multiplicity !== 'manytomany') {
    return isId(value)
      ? undefined
      : `expected the id of a ${field.target}, got ${shownOf(field, value)}`
  }
  return Array.isArray(value) && value.every(isId)
    ? undefined
    : `expected a list of ids of ${field.target}, got ${shownOf(field, value)}`
}

/** What is wrong with the value of one field. Null means that there is none. */
export const findingOf = (field: Field, value: unknown): Finding => {
  if (value === null || value === undefined) {
    if (field.kind === 'link' && field.multiplicity === 'manytomany') return undefined
    return field.nullable ? undefined : 'This field cannot be null.'
  }
  return field.kind === 'link' ? linkFinding(field, value) : scalarFinding(field, value)
}

/** The value as it is kept: stripped where the model says so; 0 for a link means none, as on the XOS wire. */
export const normalized = (field: Field, value: unknown): unknown => {
  if (field.kind === 'link') {
    if (field.multiplicity === 'manytomany') return value ?? []
    return value === 0 ? null : value
  }
  if (field.format === 'stripped' && typeof value === 'string') return value.trim()
  return value ?? null
}
