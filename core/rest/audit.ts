import type { FastifyInstance } from 'fastify'
import { didYouMean } from '#xproto'
import { CoreError } from '../errors.ts'
import { refuseOtherMethods } from '../http/server.ts'
import type { AuditEntry, AuditQuestion, Store } from '../store/port.ts'
import type { Identification } from './identify.ts'

type Parameters = Readonly<Record<string, string | readonly string[]>>

const usualLimit = 100

const names = ['model', 'id', 'limit', 'after'] as const

const invalid = (name: string, expected: string): CoreError =>
  new CoreError('INVALID_FIELD', `Expected ${name} to be ${expected}`, {
    [name]: `expected ${expected}`,
  })

const textOf = (parameters: Parameters, name: (typeof names)[number]): string | undefined => {
  const value = parameters[name]
  if (value === undefined || typeof value === 'string') return value
  throw invalid(name, 'given once')
}

const numberOf = (parameters: Parameters, name: (typeof names)[number]): number | undefined => {
  const text = textOf(parameters, name)
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw invalid(name, 'a whole number')
}

const readQuestion = (parameters: Parameters): AuditQuestion => {
  const unknown = Object.keys(parameters).find(
    (name) => !(names as readonly string[]).includes(name),
  )
  if (unknown !== undefined) {
    const message = `There is no parameter ${unknown.slice(0, 100)}${didYouMean(unknown, names)}`
    throw new CoreError('INVALID_FIELD', message, { [unknown.slice(0, 100)]: 'unknown parameter' })
  }
  const model = textOf(parameters, 'model')
  const id = numberOf(parameters, 'id')
  const after = numberOf(parameters, 'after')
  return {
    ...(model === undefined ? {} : { model }),
    ...(id === undefined ? {} : { id }),
    ...(after === undefined ? {} : { after }),
    limit: numberOf(parameters, 'limit') ?? usualLimit,
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
