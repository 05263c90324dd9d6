import type { FastifyInstance } from 'fastify'
import type { Fields } from '#contract'
import type { Model, Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import { refuseOtherMethods } from '../http/server.ts'
import type { LockingRecords, SaveOptions, Store, StoredRecord } from '../store/port.ts'
import { write } from './answer.ts'
import { namedModel, naming } from './find-model.ts'
import type { Identification } from './identify.ts'
import { onceRequestOf } from './idempotency-key.ts'
import { readValues } from './read-body.ts'
import {
  atOperation,
  isReference,
  readOperations,
  type Operation,
  type Which,
} from './read-operations.ts'
import { removeSeen } from './remove-seen.ts'
import { plainRecordText } from './write-records.ts'

/** What came of an operation; without a record it deleted one. */
type Done = { readonly model: Model; readonly id: number; readonly stored?: StoredRecord }

type Context = {
  readonly records: LockingRecords
  readonly schema: Schema
  /** Of the operations before. */
  readonly done: readonly Done[]
}

const invalid = (message: string): CoreError => new CoreError('VALIDATION', message)

const idOf = ({ done }: Context, which: Which): number => {
  if (typeof which === 'number') return which
  const earlier = done[which.$ref]
  if (earlier?.stored !== undefined) return earlier.id
  throw invalid(
    `Expected $ref to be the place of an earlier operation that writes a record, got ${which.$ref}`,
  )
}

const resolved = (context: Context, value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item: unknown) => resolved(context, item))
  return isReference(value) ? idOf(context, value) : value
}

const valuesOf = (context: Context, model: Model, given: Fields): Fields =>
  readValues(
    model,
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, resolved(context, value)]),
    ),
  )

/** The values that the record is known by. */
const keyOf = (model: Model, by: readonly string[], values: Fields): Fields =>
  Object.fromEntries(
    by.map((name) => {
      const value = values[name]
      if (['string', 'number', 'boolean'].includes(typeof value)) return [name, value]
      throw invalid(
        `Expected values of ${model.name} to have a text, a number, true or false as ${name}, which it is found by`,
      )
    }),
  )

const upsert = async (
  { records }: Context,
  model: Model,
  { by, touch }: Extract<Operation, { op: 'upsert' }>,
  values: Fields,
): Promise<StoredRecord> => {
  const key = keyOf(model, by, values)
  const [found, other] = await records.findAndLock(model.name, key)
  if (found === undefined) return records.create(model.name, values)
  if (other === undefined) {
    return records.update(model.name, Number(found['id']), values, { alwaysUpdateTimestamp: touch })
  }
  throw invalid(`There are several records of ${model.name} with this ${by.join(', ')}`)
}

/** Whoever is called again after a crash deletes again. */
const remove = async (
  { records }: Context,
  model: Model,
  id: number,
  ifRevision: number | undefined,
): Promise<void> => {
  try {
    await removeSeen(records, model.name, id, ifRevision)
  } catch (thrown) {
    if (!(thrown instanceof CoreError) || thrown.code !== 'NOT_FOUND') throw thrown
  }
}

const update = async (
  context: Context,
  model: Model,
  which: Which,
  values: Fields,
  options: SaveOptions,
): Promise<Done> => {
  const id = idOf(context, which)
  const stored = await naming(model, id, () =>
    context.records.update(model.name, id, valuesOf(context, model, values), options),
  )
  return { model, id, stored }
}

const carryOut = async (context: Context, operation: Operation): Promise<Done> => {
  const { records, schema } = context
  const model = namedModel(schema, operation.model)
  const written = (stored: StoredRecord): Done => ({
    model,
    id: Number(stored.fields['id']),
    stored,
  })
  switch (operation.op) {
    case 'create':
      return written(await records.create(model.name, valuesOf(context, model, operation.values)))
    case 'update': {
      const { values, ifRevision, touch } = operation
      const options = {
        alwaysUpdateTimestamp: touch,
        ...(ifRevision === undefined ? {} : { ifRevision }),
      }
      return update(context, model, operation.id, values, options)
    }
    case 'upsert': {
      const values = valuesOf(context, model, operation.values)
      return written(await upsert(context, model, operation, values))
    }
    case 'delete': {
      const id = idOf(context, operation.id)
      await remove(context, model, id, operation.ifRevision)
      return { model, id }
    }
    case 'touch':
      return update(context, model, operation.id, {}, { alwaysUpdateTimestamp: true })
  }
}

const carryOutAll = async (
  records: LockingRecords,
  schema: Schema,
  operations: readonly Operation[],
): Promise<readonly Done[]> => {
  const done: Done[] = []
  for (const [place, operation] of operations.entries()) {
    try {
      done.push(await carryOut({ records, schema, done }, operation))
    } catch (thrown) {
      throw atOperation(thrown, place, operations.length)
    }
  }
  return done
}

const itemText = ({ model, id, stored }: Done): string => {
  const head = `{"model":${JSON.stringify(model.name)},"id":${id}`
  if (stored === undefined) return `${head}}`
  return `${head},"revision":${stored.revision},"record":${plainRecordText(model, stored.fields)}}`
}

/**
 * POST /xosapi/v1/transaction: several writes, of which all are done or none. Models go by their names, and an id may be
 * that of a record which an earlier one writes.
 */
export const addTransaction = (
  app: FastifyInstance,
  store: Store,
  { authenticate, callerOf }: Identification,
): void => {
  const url = '/xosapi/v1/transaction'
  app.post(url, { onRequest: authenticate }, (request, reply) => {
    const operations = readOperations(request.body)
    return write(store, callerOf(request), onceRequestOf(request), reply, async (records) => {
      const done = await carryOutAll(records, store.schema(), operations)
      return { body: `{"items":[${done.map(itemText).join(',')}]}` }
    })
  })
  refuseOtherMethods(app, url, ['POST'])
}
