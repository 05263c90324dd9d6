import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Model } from '#xproto'
import { CoreError } from '../errors.ts'
import { refuseOtherMethods, type FaultLog } from '../http/server.ts'
import type {
  Caller,
  LockingRecords,
  OnceRequest,
  Records,
  Store,
  StoredRecord,
} from '../store/port.ts'
import { etagOf, isKnown, seenRevision } from './etag.ts'
import { findModel, readId } from './find-model.ts'
import type { Identification } from './identify.ts'
import { onceRequestOf } from './idempotency-key.ts'
import { json } from './media-type.ts'
import { readValues } from './read-body.ts'
import { readListQuery } from './read-query.ts'
import { saveOptionsOf } from './save-options.ts'
import { pageText, recordText, streamList } from './write-records.ts'

type Collection = {
  Params: { app: string; plural: string }
  Querystring: Readonly<Record<string, string | readonly string[]>>
}
type Item = { Params: { app: string; plural: string; id: string } }

/** An answer that is complete: the text of its body, and the ETag of the record in it. */
type Answer = { readonly body: string; readonly etag?: string }

type Write = (records: LockingRecords) => Promise<Answer>

const send = (reply: FastifyReply, { body, etag }: Answer): FastifyReply => {
  if (etag !== undefined) reply.header('etag', etag)
  return reply.type(json).send(body)
}

const recordAnswer = (model: Model, { fields, revision }: StoredRecord): Answer => {
  const body = recordText(model, fields)
  return { body, etag: etagOf(revision, body) }
}

/** Carries a write out; once, however often it is sent, when it has an Idempotency-Key. */
const write = async (
  store: Store,
  caller: Caller,
  once: OnceRequest | undefined,
  reply: FastifyReply,
  work: Write,
): Promise<FastifyReply> => {
  if (once === undefined) return send(reply, await store.transaction(caller, work))
  const { answer, isRepeated } = await store.once(caller, once, async (records) =>
    JSON.stringify(await work(records)),
  )
  if (isRepeated) reply.header('idempotency-replayed', 'true')
  return send(reply, JSON.parse(answer) as Answer)
}

/** Removes the record if it is still the one the client has seen. */
const removeSeen = async (
  records: LockingRecords,
  model: Model,
  id: number,
  seen: number,
): Promise<void> => {
  await records.findAndLock(model.name, { id })
  const { revision } = await records.get(model.name, id)
  if (revision !== seen) {
    throw new CoreError(
      'CONFLICT',
      `${model.name} ${id} has changed since revision ${seen}: it is at ${revision}. Read it again, then decide`,
    )
  }
  await records.remove(model.name, id)
}

/** One page, or the whole list while it is read. */
const listBody = async (
  records: Records,
  model: Model,
  parameters: Collection['Querystring'],
  onFailure: (thrown: unknown) => void,
): Promise<string | Readable> => {
  const { query, page } = readListQuery(parameters)
  if (page === undefined) {
    return streamList(model, records.query(model.name, query), onFailure)
  }
  const { records: found, next } = await records.page(model.name, query, page.limit, page.after)
  return pageText(model, found, next)
}

/**
 * Every model at its XOS path. Models are looked up at each request, because services bring new ones while the
 * core runs.
 */
export const addRecords = (
  app: FastifyInstance,
  { store, log }: { readonly store: Store; readonly log: FaultLog },
  { authenticate, callerOf }: Identification,
): void => {
  const modelOf = ({ params }: { readonly params: Collection['Params'] }): Model =>
    findModel(store.schema(), `/xosapi/v1/${params.app}/${params.plural}`)
  const recordsOf = (request: FastifyRequest): Records => store.as(callerOf(request))

  /** Before the body is read: the client is known, and so is the path. */
  const onCollection = async (request: FastifyRequest<Collection>, reply: FastifyReply) => {
    await authenticate(request, reply)
    modelOf(request)
  }
  const onItem = async (request: FastifyRequest<Item>, reply: FastifyReply) => {
    await authenticate(request, reply)
    readId(modelOf(request).name, request.params.id)
  }

  const collection = '/xosapi/v1/:app/:plural'
  const onFailure = (thrown: unknown): void => log.error({ err: thrown }, 'list broke off')
  app.get<Collection>(collection, { onRequest: onCollection }, async (request, reply) => {
    const records = recordsOf(request)
    const body = await listBody(records, modelOf(request), request.query, onFailure)
    return reply.type(json).send(body)
  })
  app.post<Collection>(collection, { onRequest: onCollection }, async (request, reply) => {
    const model = modelOf(request)
    const values = readValues(model, request.body)
    return write(store, callerOf(request), onceRequestOf(request), reply, async (records) =>
      recordAnswer(model, await records.create(model.name, values)),
    )
  })
  refuseOtherMethods(app, collection, ['GET', 'POST'])

  const item = `${collection}/:id`
  app.get<Item>(item, { onRequest: onItem }, async (request, reply) => {
    const model = modelOf(request)
    const answer = recordAnswer(
      model,
      await recordsOf(request).get(model.name, readId(model.name, request.params.id)),
    )
    if (answer.etag === undefined || !isKnown(request.headers['if-none-match'], answer.etag)) {
      return send(reply, answer)
    }
    return reply.code(304).header('etag', answer.etag).send()
  })
  app.put<Item>(item, { onRequest: onItem }, async (request, reply) => {
    const model = modelOf(request)
    const id = readId(model.name, request.params.id)
    const values = readValues(model, request.body)
    const options = saveOptionsOf(request.headers)
    return write(store, callerOf(request), onceRequestOf(request), reply, async (records) =>
      recordAnswer(model, await records.update(model.name, id, values, options)),
    )
  })
  app.delete<Item>(item, { onRequest: onItem }, async (request, reply) => {
    const model = modelOf(request)
    const id = readId(model.name, request.params.id)
    const seen = seenRevision(request.headers['if-match'])
    return write(store, callerOf(request), onceRequestOf(request), reply, async (records) => {
      await (seen === undefined
        ? records.remove(model.name, id)
        : removeSeen(records, model, id, seen))
      return { body: '{}' }
    })
  })
  refuseOtherMethods(app, item, ['GET', 'PUT', 'DELETE'])
}
