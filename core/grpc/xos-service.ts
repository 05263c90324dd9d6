import type { Metadata } from '@grpc/grpc-js'
import type { Model, Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import type { Records, Store, StoredRecord } from '../store/port.ts'
import { asException } from './failures.ts'
import type { CallerCall, Message, Method, Methods } from './methods.ts'
import type { ProtoSet } from './proto-set.ts'
import { saveOptionsOf } from './save-options.ts'
import { encodeList, queryOf, valuesOf } from './wire.ts'

/** In the initial metadata: the version of the record that was answered. Goes back as `if-revision`. */
const revisionKey = 'syncstep-revision'

const idOf = ({ id }: Message): number => Number(id)

/** Deleting what is not there is an exception in XOS, where everything else says NOT_FOUND. */
const removeOrExcept = async (records: Records, model: string, id: number): Promise<void> => {
  try {
    await records.remove(model, id)
  } catch (thrown) {
    if (!(thrown instanceof CoreError) || thrown.code !== 'NOT_FOUND') throw thrown
    throw asException(thrown)
  }
}

const withRevision = ({ fields, revision }: StoredRecord, header: Metadata) => {
  header.set(revisionKey, String(revision))
  return fields
}

/** The six methods of a model, by name. */
const methodsOf = (store: Store, protos: ProtoSet, model: Model): readonly [string, Method][] => {
  const { name } = model
  const type = protos.type(`xos.${name}`)
  const records = ({ caller }: CallerCall): Records => store.as(caller)
  return [
    [
      `List${name}`,
      {
        access: 'caller',
        answer: (_request, call) =>
          encodeList(type, records(call).query(name, { kind: 'ALL', elements: [] }), call.signal),
      },
    ],
    [
      `Filter${name}`,
      {
        access: 'caller',
        answer: (request, call) =>
          encodeList(type, records(call).query(name, queryOf(request)), call.signal),
      },
    ],
    [
      `Get${name}`,
      {
        access: 'caller',
        answer: async (request, call) =>
          withRevision(await records(call).get(name, idOf(request)), call.header),
      },
    ],
    [
      `Create${name}`,
      {
        access: 'caller',
        answer: async (request, call) =>
          withRevision(await records(call).create(name, valuesOf(model, request)), call.header),
      },
    ],
    [
      `Update${name}`,
      {
        access: 'caller',
        async answer(request, call) {
          const options = saveOptionsOf(call.metadata)
          const values = valuesOf(model, request)
          const record = await records(call).update(name, idOf(request), values, options)
          return withRevision(record, call.header)
        },
      },
    ],
    [
      `Delete${name}`,
      {
        access: 'caller',
        async answer(request, call) {
          await removeOrExcept(records(call), name, idOf(request))
          return {}
        },
      },
    ],
  ]
}

/** `xos.xos`: every model of the schema (reference core-api.md 1.6 to 1.8). */
export const xosMethods = (store: Store, protos: ProtoSet, schema: Schema): Methods =>
  Object.fromEntries(
    schema.models
      .filter(({ abstract }) => !abstract)
      .flatMap((model) => methodsOf(store, protos, model)),
  )
