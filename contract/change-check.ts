import type { Change } from './change.ts'
import { maxIncludeDepth } from './change-schema.ts'
import { ContractError } from './errors.ts'
import { isJsonObject, ownValue } from './json.ts'
import { recordOperations } from './operation.ts'

type Check = (value: unknown, path: string) => void

const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object'
  return JSON.stringify(value).slice(0, 80)
}

const refuse = (path: string, expected: string, came: string): never => {
  throw new ContractError('CHANGE_MALFORMED', `Expected ${path} to be ${expected}, got ${came}`)
}

const objectAt = (value: unknown, path: string): Readonly<Record<string, unknown>> => {
  if (isJsonObject(value)) return value
  return refuse(path, 'an object', shown(value))
}

const integer =
  (minimum: number, maximum: number): Check =>
  (value, path) => {
    const fits = Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum
    if (!fits) refuse(path, `a whole number from ${minimum} to ${maximum}`, shown(value))
  }

const text: Check = (value, path) => {
  if (typeof value !== 'string') refuse(path, 'a string', shown(value))
}

const operation: Check = (value, path) => {
  if (recordOperations.some((known) => known === value)) return
  refuse(path, `one of ${recordOperations.join(', ')}`, shown(value))
}

const modelName: Check = (value, path) => {
  const fits = typeof value === 'string' && value.length <= 255 && /^[A-Za-z_$][\w$]*$/.test(value)
  if (!fits) refuse(path, 'the name of a model', shown(value))
}

const id = integer(1, 9_999_999_999)

const row: Check = (value, path) => id(ownValue(objectAt(value, path), 'id'), `${path}.id`)

const related = (value: unknown, path: string, depth: number): void => {
  const record = objectAt(value, path)
  modelName(ownValue(record, 'model'), `${path}.model`)
  row(ownValue(record, 'record'), `${path}.record`)
  expanded(ownValue(record, 'expanded'), `${path}.expanded`, depth - 1)
}

const expanded = (value: unknown, path: string, depth: number): void => {
  for (const [name, linked] of Object.entries(objectAt(value, path))) {
    const here = `${path}.${name}`
    if (depth === 0) refuse(path, `nested at most ${maxIncludeDepth} deep`, `a link ${shown(name)}`)
    if (linked === null) continue
    if (!Array.isArray(linked)) related(linked, here, depth)
    else linked.forEach((item, index) => related(item, `${here}[${index}]`, depth))
  }
}

const previous: Check = (value, path) => {
  if (value === undefined) return
  const attempt = objectAt(value, path)
  integer(-2_147_483_648, 2_147_483_647)(ownValue(attempt, 'code'), `${path}.code`)
  text(ownValue(attempt, 'text'), `${path}.text`)
}

/**
 * Throws ContractError (CHANGE_MALFORMED) naming the first part that is not as {@link changeSchema} has it.
 * Written by hand: a schema compiler would double the time a function takes to start.
 */
export function checkChange(value: unknown): asserts value is Change {
  const change = objectAt(value, 'data')
  operation(ownValue(change, 'operation'), 'data.operation')
  modelName(ownValue(change, 'model'), 'data.model')
  row(ownValue(change, 'record'), 'data.record')
  expanded(ownValue(change, 'expanded'), 'data.expanded', maxIncludeDepth)
  integer(0, Number.MAX_SAFE_INTEGER)(ownValue(change, 'stamp'), 'data.stamp')
  integer(1, 2_147_483_647)(ownValue(change, 'attempt'), 'data.attempt')
  previous(ownValue(change, 'previous'), 'data.previous')
}
