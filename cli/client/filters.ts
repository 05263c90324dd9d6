import { UsageError } from '../usage-error.ts'
import type { ModelType } from './models.ts'

/** A condition as `xos.Query` has it. */
export type Element = {
  readonly operator: number
  readonly invert: boolean
  readonly name: string
  readonly sValue?: string
  readonly iValue?: number
}

/** The signs of cordctl, and the numbers and inversions that they stand for. The longer ones come first. */
const operators: readonly (readonly [string, number, boolean])[] = [
  ['!=', 0, true],
  ['>=', 3, false],
  ['<=', 4, false],
  ['~=', 8, false],
  ['[=', 6, false],
  ['=', 0, false],
  ['>', 1, false],
  ['<', 2, false],
]

const states: ReadonlyMap<string, number> = new Map([
  ['default', 0],
  ['all', 1],
  ['dirty', 2],
  ['deleted', 3],
  ['dirtypol', 4],
  ['deletedpol', 5],
])

export const stateNames = [...states.keys()]

/** @throws UsageError for a word that is no state. */
export const stateKind = (word: string): number => {
  const kind = states.get(word)
  if (kind !== undefined) return kind
  throw new UsageError(`Expected --state to be one of ${stateNames.join(', ')}, got "${word}".`)
}

const integers: ReadonlySet<string> = new Set(['int32', 'uint32'])
const fractions: ReadonlySet<string> = new Set(['float', 'double'])

const elementFrom = (model: ModelType, text: string): Element => {
  const [, name = '', rest = ''] = /^\s*(\w+)\s*(.*?)\s*$/s.exec(text) ?? []
  const sign = operators.find(([word]) => rest.startsWith(word))
  if (name === '' || sign === undefined) {
    const known = operators.map(([word]) => word).join(' ')
    throw new UsageError(
      `Expected a filter FIELD OPERATOR VALUE with one of ${known}, got "${text}".`,
    )
  }
  const [word, operator, invert] = sign
  const value = rest.slice(word.length).trim()
  // A path over links, such as owner__name, is for the core to read.
  const type = model.fields.find((field) => field.name === name)?.type ?? 'string'
  if (fractions.has(type)) {
    throw new UsageError(`Fields of type ${type}, such as ${name}, cannot be filtered by.`)
  }
  if (!integers.has(type)) return { operator, invert, name, sValue: value }
  if (/^-?\d{1,10}$/.test(value)) return { operator, invert, name, iValue: Number(value) }
  throw new UsageError(`Expected ${name} to be compared with a whole number, got "${value}".`)
}

/**
 * Reads filters in the grammar of cordctl: `name=a,size>=3`; all of them must hold.
 *
 * @throws UsageError for one that is none.
 */
export const readFilters = (model: ModelType, text: string | undefined): readonly Element[] =>
  text === undefined ? [] : text.split(',').map((one) => elementFrom(model, one))
