import { Metadata } from '@grpc/grpc-js'
import type { Fields, Registration } from '#contract'
import { RemoteSourceError } from '../remote-connection.ts'
import type { XosApi, XosModel } from './api.ts'
import type { Method, XosClient } from './client.ts'

/** Numbers of `xos.Query.QueryKind`. */
const queryKinds = { dirty: 2, deleted: 3 } as const

type Equal = { readonly name: string; readonly value: number }

/** The records of a core of XOS, in the wire form of REST: links as ids, times in seconds, null fields absent. */
export type XosRecords = {
  filter(model: XosModel, kind: keyof typeof queryKinds, equal?: Equal): Promise<readonly Fields[]>
  /** Live, or deleted and not yet gone; undefined when there is none. */
  get(model: XosModel, id: number): Promise<Fields | undefined>
  /** Writes these fields and no others, in a way that makes nothing pending. Answers the record as it is then. */
  update(model: XosModel, id: number, values: Fields): Promise<Fields>
}

const saving = (names: readonly string[]): Metadata => {
  const metadata = new Metadata()
  metadata.set('caller_kind', 'synchronizer')
  metadata.set('is_sync_save', 'true')
  metadata.set('update_fields', names.join(','))
  return metadata
}

const wideTypes: ReadonlySet<string> = new Set(['int64', 'uint64'])

/** A 64-bit number is a number as long as it is exact, else its digits. */
const plain = (value: unknown): unknown =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value

const fieldsOf = ({ message }: XosModel, reply: Record<string, unknown>): Fields =>
  Object.fromEntries(
    Object.entries(reply).map(([name, value]) => [
      name,
      wideTypes.has(message.fields[name]?.type ?? '') ? plain(value) : value,
    ]),
  )

export const createXosRecords = (client: XosClient, api: XosApi): XosRecords => {
  const query = api.type('xos.Query')
  const id = api.type('xos.ID')
  const method = (name: string, request: Method['request'], response: Method['response']) => ({
    path: `/xos.xos/${name}`,
    request,
    response,
  })
  return {
    async filter(model, kind, equal) {
      const elements = equal === undefined ? [] : [{ name: equal.name, iValue: equal.value }]
      const asked = method(`Filter${model.name}`, query, model.list)
      const reply = await client.ask(asked, { kind: queryKinds[kind], elements })
      const items = reply['items'] as readonly Record<string, unknown>[]
      return items.map((item) => fieldsOf(model, item))
    },

    async get(model, of) {
      try {
        const reply = await client.ask(method(`Get${model.name}`, id, model.message), { id: of })
        return fieldsOf(model, reply)
      } catch (error) {
        if (error instanceof RemoteSourceError && error.code === 'NOT_FOUND') return undefined
        throw error
      }
    },

    async update(model, of, values) {
      // User has no backend_register, and models that nobody syncs have no status.
      const known = Object.entries(values).filter(([name]) => name in model.message.fields)
      const reply = await client.ask(
        method(`Update${model.name}`, model.message, model.message),
        { ...Object.fromEntries(known), id: of },
        saving(known.map(([name]) => name)),
      )
      return fieldsOf(model, reply)
    },
  }
}

/** Numbers of `LoadModelsStatus`. */
const loadStatuses = { success: 0, nothingChanged: 1 } as const

/** What is no mistake of the models may pass: those of another service may have to come first. */
const notYet = (error: unknown): never => {
  const mayPass = error instanceof RemoteSourceError && error.code === 'REFUSED'
  throw mayPass ? new RemoteSourceError('UNAVAILABLE', error.message) : error
}

/** Brings the models of a synchronizer, as those of XOS do. Answers whether the core has others now. */
export const loadModels = async (
  client: XosClient,
  api: XosApi,
  { name, version, models }: Registration,
): Promise<boolean> => {
  const method = {
    path: '/xos.dynamicload/LoadModels',
    request: api.type('xos.LoadModelsRequest'),
    response: api.type('xos.LoadModelsReply'),
  }
  const request = { name, version, xprotos: models }
  const { status = loadStatuses.success } = await client.ask(method, request).catch(notYet)
  if (status === loadStatuses.success) return true
  if (status === loadStatuses.nothingChanged) return false
  throw new RemoteSourceError(
    'UNAVAILABLE',
    `The core does not take the models of ${name} now (status ${String(status)})`,
  )
}
