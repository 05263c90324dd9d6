import { didYouMean } from '#xproto'
import { CoreError } from '../errors.ts'

/** A query string as fastify reads it. */
export type Parameters = Readonly<Record<string, string | readonly string[]>>

const invalid = (name: string, expected: string): CoreError =>
  new CoreError('INVALID_FIELD', `Expected ${name} to be ${expected}`, {
    [name]: `expected ${expected}`,
  })

/**
 * Reads parameters that may be given once each, and none but those with the names. All throw INVALID_FIELD for what was
 * given otherwise.
 */
export const parametersIn = <Name extends string>(
  given: Parameters,
  names: readonly Name[],
): {
  text(name: Name): string | undefined
  number(name: Name): number | undefined
  oneOf<Value extends string>(name: Name, values: readonly Value[]): Value | undefined
} => {
  const unknown = Object.keys(given).find((name) => !(names as readonly string[]).includes(name))
  if (unknown !== undefined) {
    const message = `There is no parameter ${unknown.slice(0, 100)}${didYouMean(unknown, names)}`
    throw new CoreError('INVALID_FIELD', message, { [unknown.slice(0, 100)]: 'unknown parameter' })
  }
  const text = (name: Name): string | undefined => {
    const value = given[name]
    if (value === undefined || typeof value === 'string') return value
    throw invalid(name, 'given once')
  }
  return {
    text,
    number(name) {
      const digits = text(name)
      if (digits === undefined) return undefined
      if (/^\d{1,15}$/.test(digits)) return Number(digits)
      throw invalid(name, 'a whole number')
    },
    oneOf(name, values) {
      const value = text(name)
      const known = values.find((one) => one === value)
      if (value === undefined || known !== undefined) return known
      throw invalid(name, `one of ${values.join(', ')}`)
    },
  }
}
