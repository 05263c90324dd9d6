import type { FastifyInstance } from 'fastify'
import { refuseOtherMethods } from '../http/server.ts'
import type { Store } from '../store/port.ts'
import { send } from './answer.ts'
import { etagOf } from './etag.ts'
import { namedModel, naming, readId } from './find-model.ts'
import type { Identification } from './identify.ts'
import { readListQuery } from './read-query.ts'
import { plainRecordText } from './write-records.ts'

type Named = {
  Params: { model: string }
  Querystring: Readonly<Record<string, string | readonly string[]>>
}
type One = { Params: { model: string; id: string } }

const usualLimit = 100

/**
 * GET /xosapi/v1/records/MODEL, page by page, and /xosapi/v1/records/MODEL/ID: the same records as at the paths of XOS,
 * for those who know a model by its name, and as functions get them with a change.
 */
export const addRecordsByName = (
  app: FastifyInstance,
  store: Store,
  { authenticate, callerOf }: Identification,
): void => {
  const url = '/xosapi/v1/records/:model'
  const onRequest = authenticate
  app.get<Named>(url, { onRequest }, async (request, reply) => {
    const model = namedModel(store.schema(), request.params.model)
    const { query, page = { limit: usualLimit, after: undefined } } = readListQuery(request.query)
    const records = store.as(callerOf(request))
    const found = await records.page(model.name, query, page.limit, page.after)
    const items = found.records.map((record) => plainRecordText(model, record)).join(',')
    const next = found.next === undefined ? '' : `,"next":${JSON.stringify(found.next)}`
    return send(reply, { body: `{"items":[${items}]${next}}` })
  })
  refuseOtherMethods(app, url, ['GET'])

  app.get<One>(`${url}/:id`, { onRequest }, async (request, reply) => {
    const model = namedModel(store.schema(), request.params.model)
    const id = readId(model.name, request.params.id)
    const records = store.as(callerOf(request))
    const { fields, revision } = await naming(model, id, () => records.get(model.name, id))
    const body = plainRecordText(model, fields)
    return send(reply, { body, etag: etagOf(revision, body) })
  })
  refuseOtherMethods(app, `${url}/:id`, ['GET'])
}
