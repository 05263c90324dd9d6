import type { FastifyInstance } from 'fastify'
import { refuseOtherMethods } from '../http/server.ts'
import type { AuditEntry, AuditQuestion, Store } from '../store/port.ts'
import type { Identification } from './identify.ts'
import { parametersIn, type Parameters } from './parameters.ts'

const usualLimit = 100

const names = ['model', 'id', 'limit', 'after'] as const

const readQuestion = (given: Parameters): AuditQuestion => {
  const parameters = parametersIn(given, names)
  const model = parameters.text('model')
  const id = parameters.number('id')
  const after = parameters.number('after')
  return {
    ...(model === undefined ? {} : { model }),
    ...(id === undefined ? {} : { id }),
    ...(after === undefined ? {} : { after }),
    limit: parameters.number('limit') ?? usualLimit,
  }
}

const entryJson = ({ number, at, userId, changedFields, ...entry }: AuditEntry) => ({
  number,
  // Seconds, as all times on the wire.
  at: at / 1e6,
  user_id: userId,
  ...entry,
  changed_fields: changedFields,
})

/** GET /xosapi/v1/audit: who wrote what, the youngest first, for administrators. */
export const addAudit = (
  app: FastifyInstance,
  store: Pick<Store, 'audit'>,
  { authenticate, callerOf }: Identification,
): void => {
  const url = '/xosapi/v1/audit'
  app.get<{ Querystring: Parameters }>(url, { onRequest: authenticate }, async (request) => {
    const question = readQuestion(request.query)
    const entries = await store.audit(callerOf(request), question)
    const oldest = entries.length === question.limit ? entries.at(-1) : undefined
    return {
      items: entries.map(entryJson),
      ...(oldest === undefined ? {} : { next: String(oldest.number) }),
    }
  })
  refuseOtherMethods(app, url, ['GET'])
}
