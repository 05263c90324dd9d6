import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock } from '#contract'
import type { Authenticator } from '../access/authenticate.ts'
import { errorBody } from '../errors.ts'
import { createHttpFace, type FaultLog } from '../http/server.ts'
import type { Store } from '../store/port.ts'
import { addApidocs } from './apidocs.ts'
import { addAudit } from './audit.ts'
import { addCompletions } from './completions.ts'
import { addDeliveries } from './deliveries.ts'
import { addDynamicload } from './dynamicload.ts'
import { addEvents } from './events/events.ts'
import { createIdentification } from './identify.ts'
import { addInbox, type InboxOptions } from './inbox.ts'
import { json } from './media-type.ts'
import { parseJson } from './read-body.ts'
import { addRecordsByName } from './records-by-name.ts'
import { addRecords } from './records.ts'
import { addTokens } from './tokens.ts'
import { addTransaction } from './transaction.ts'
import { addUtility } from './utility.ts'

export type RestOptions = {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly log: FaultLog
  readonly clock: Pick<Clock, 'after'>
  /** Absent: events are taken from those who log in, and nobody is told. */
  readonly inbox?: InboxOptions
}

/**
 * The REST face (reference core-api.md 6): every model at its XOS path, and the other routes of XOS. It does not
 * listen.
 *
 * Who the client is, is settled before a byte of its body is read.
 */
export const buildRest = (options: RestOptions): FastifyInstance => {
  const { store, authenticator, log, clock } = options
  const { inbox = { secrets: [], received: () => undefined } } = options
  const app = createHttpFace({
    log,
    bodyType: 'application/json',
    print: (error) => ({ type: json, text: JSON.stringify(errorBody(error)) }),
  })
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => parseJson(body),
  )
  const identification = createIdentification(app, authenticator)
  addUtility(app, store, authenticator, identification)
  addTokens(app, store, authenticator, identification)
  addDynamicload(app, store, identification)
  addApidocs(app, store)
  addAudit(app, store, identification)
  addCompletions(app, store)
  addInbox(app, store, log, inbox, identification)
  addDeliveries(app, store, identification)
  addEvents(app, { store, clock, log }, identification)
  addTransaction(app, store, identification)
  addRecordsByName(app, store, identification)
  addRecords(app, { store, log }, identification)
  return app
}
