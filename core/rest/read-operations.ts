import { didYouMean } from '#xproto'
import { CoreError, OperationError } from '../errors.ts'
import { requireObject } from './read-body.ts'

/** The id of a record, or the place of the earlier operation that writes it. */
export type Which = number | { readonly $ref: number }

type Values = Readonly<Record<string, unknown>>

/** One write of a transaction, by the name of its model. */
export type Operation = { readonly model: string } & (
  | { readonly op: 'create'; readonly values: Values }
  | {
      readonly op: 'update'
      readonly id: Which
      readonly values: Values
      readonly ifRevision: number | undefined
      readonly touch: boolean
    }
  | {
      readonly op: 'upsert'
      readonly by: readonly string[]
      readonly values: Values
      readonly touch: boolean
    }
  | { readonly op: 'delete'; readonly id: Which; readonly ifRevision: number | undefined }
  | { readonly op: 'touch'; readonly id: Which }
)

/** The most operations of one transaction: it keeps others from the records it has written until it ends. */
export const mostOperations = 1000

const members = {
  create: ['values'],
  update: ['id', 'values', 'if_revision', 'touch'],
  upsert: ['by', 'values', 'touch'],
  delete: ['id', 'if_revision'],
  touch: ['id'],
} as const

type Op = keyof typeof members

export const operationNames = Object.keys(members)

const invalid = (message: string): CoreError => new CoreError('VALIDATION', message)

const isOp = (value: unknown): value is Op =>
  typeof value === 'string' && Object.hasOwn(members, value)

export const isReference = (value: unknown): value is { readonly $ref: number } =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).join() === '$ref' &&
  Number.isInteger((value as Values)['$ref'])

const isWhich = (value: unknown): value is Which =>
  isReference(value) || (typeof value === 'number' && Number.isInteger(value))

const readWhich = ({ id }: Values): Which => {
  if (isWhich(id)) return id
  throw invalid('Expected id to be a whole number, or {"$ref": PLACE} of an earlier operation')
}

const readRevision = ({ if_revision: revision }: Values): number | undefined => {
  if (revision === undefined || (typeof revision === 'number' && Number.isSafeInteger(revision))) {
    return revision
  }
  throw invalid('Expected if_revision to be the revision of the record, a whole number')
}

const readTouch = ({ touch = false }: Values): boolean => {
  if (typeof touch === 'boolean') return touch
  throw invalid('Expected touch to be true or false')
}

const readBy = ({ by }: Values): readonly string[] => {
  const isList = Array.isArray(by) && by.length > 0 && by.every((name) => typeof name === 'string')
  if (isList) return by
  throw invalid('Expected by to be a list of names of fields')
}

const readOperation = (given: unknown): Operation => {
  const operation = requireObject(given)
  const { op, model, ...rest } = operation
  if (!isOp(op)) throw invalid(`Expected op to be one of ${operationNames.join(', ')}`)
  if (typeof model !== 'string') throw invalid('Expected model to be the name of a model')
  const known: readonly string[] = members[op]
  const unknown = Object.keys(rest).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw invalid(`${op} has no ${unknown.slice(0, 100)}${didYouMean(unknown, known)}`)
  }
  const values = (): Values => requireObject(operation['values'])
  switch (op) {
    case 'create':
      return { op, model, values: values() }
    case 'update': {
      const how = { ifRevision: readRevision(operation), touch: readTouch(operation) }
      return { op, model, id: readWhich(operation), values: values(), ...how }
    }
    case 'upsert':
      return { op, model, by: readBy(operation), values: values(), touch: readTouch(operation) }
    case 'delete':
      return { op, model, id: readWhich(operation), ifRevision: readRevision(operation) }
    case 'touch':
      return { op, model, id: readWhich(operation) }
  }
}

/** An error as that of one operation, where there are several. */
export const atOperation = (thrown: unknown, place: number, count: number): unknown =>
  thrown instanceof CoreError && count > 1 ? new OperationError(place, thrown) : thrown

/** `{"operations": [...]}`: 1 to {@link mostOperations}. Throws VALIDATION. */
export const readOperations = (body: unknown): readonly Operation[] => {
  const { operations, ...rest } = requireObject(body)
  const isList = Array.isArray(operations) && Object.keys(rest).length === 0
  if (!isList || operations.length === 0 || operations.length > mostOperations) {
    throw invalid(`Expected {"operations": [...]} with 1 to ${mostOperations} operations`)
  }
  return operations.map((given: unknown, place) => {
    try {
      return readOperation(given)
    } catch (thrown) {
      throw atOperation(thrown, place, operations.length)
    }
  })
}
