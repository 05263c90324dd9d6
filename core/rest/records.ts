import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Model } from '#xproto'
import { refuseOtherMethods, type FaultLog } from '../http/server.ts'
import type { Records, Store, StoredRecord } from '../store/port.ts'
import { send, write, type Answer } from './answer.ts'
import { etagOf, isKnown, seenRevision } from './etag.ts'
import { findModel, readId } from './find-model.ts'
import type { Identification } from './identify.ts'
import { onceRequestOf } from './idempotency-key.ts'
import { json } from './media-type.ts'
import { readValues } from './read-body.ts'
import { readListQuery } from './read-query.ts'
import { removeSeen } from './remove-seen.ts'
import { saveOptionsOf } from './save-options.ts'
import { pageText, recordText, streamList } from './write-records.ts'

type Collection = {
  Params: { app: string; plural: string }
  Querystring: Readonly<Record<string, string | readonly string[]>>
}
type Item = { Params: { app: string; plural: string; id: string } }

const recordAnswer = (model: Model, { fields, revision }: StoredRecord): Answer => {
  const body = recordText(model, fields)
  return { body, etag: etagOf(revision, body) }
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
      await removeSeen(records, model.name, id, seen)
      return { body: '{}' }
    })
  })
  refuseOtherMethods(app, item, ['GET', 'PUT', 'DELETE'])
}
