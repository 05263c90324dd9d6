import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Fields } from '#contract'
import type { Model } from '#xproto'
import type { Authenticator } from '../access/authenticate.ts'
import { requireAccess } from '../access/require-access.ts'
import { CoreError, errorBody } from '../errors.ts'
import { createHttpFace, refuseOtherMethods, type FaultLog } from '../http/server.ts'
import { orChallenge } from '../http/unknown-caller.ts'
import type { Caller, Store } from '../store/port.ts'
import { findModel, readId } from './find-model.ts'
import { parseJson, readValues, requireObject } from './read-body.ts'

export type RestOptions = {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly log: FaultLog
}

type Collection = { Params: { app: string; plural: string } }
type Item = { Params: { app: string; plural: string; id: string } }

const json = 'application/json; charset=utf-8'
const basicChallenge = 'Basic realm="syncstep", charset="UTF-8"'
// Browsers answer a Basic challenge with a dialog of their own; a page that has its own login must not cause it.
const sessionChallenge = 'Session realm="syncstep"'

const identify = async (authenticator: Authenticator, request: FastifyRequest): Promise<Caller> => {
  const { authorization, 'x-xossession': session } = request.headers
  if (authorization !== undefined && /^basic /i.test(authorization)) {
    return authenticator.basic(authorization, request.ip)
  }
  if (typeof session === 'string') return authenticator.session(session)
  throw new CoreError(
    'NOT_AUTHENTICATED',
    'This API requires authentication: send Authorization: Basic, or x-xossession with a session id from POST /xosapi/v1/utility/login',
  )
}

const challengeFor = ({ headers }: FastifyRequest): string =>
  headers['x-xossession'] === undefined ? basicChallenge : sessionChallenge

/** int64 is text in protobuf's JSON: not every reader has 64-bit numbers. */
const shown = (model: Model, record: Fields): Fields => {
  const wide = model.fields.filter((field) => field.kind === 'scalar' && field.type === 'int64')
  if (wide.length === 0) return record
  const texts = wide.flatMap(({ wireName }) => {
    const value = record[wireName]
    return typeof value === 'number' ? [[wireName, value.toString()] as const] : []
  })
  return { ...record, ...Object.fromEntries(texts) }
}

const addRecords = (app: FastifyInstance, { store, authenticator }: RestOptions): void => {
  const authenticate = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const identity = identify(authenticator, request)
    const caller = await orChallenge(identity, reply, challengeFor(request))
    requireAccess(caller)
    request.setDecorator('caller', caller)
  }
  const callerOf = (request: FastifyRequest): Caller => request.getDecorator('caller')
  const modelOf = ({ params }: FastifyRequest<Collection>): Model =>
    findModel(store.schema(), `/xosapi/v1/${params.app}/${params.plural}`)

  /** Before the body is read: the client is known, and so is the path. */
  const onCollection = async (request: FastifyRequest<Collection>, reply: FastifyReply) => {
    await authenticate(request, reply)
    modelOf(request)
  }
  const onItem = async (request: FastifyRequest<Item>, reply: FastifyReply) => {
    await authenticate(request, reply)
    readId(modelOf(request), request.params.id)
  }

  app.decorateRequest('caller')
  const collection = '/xosapi/v1/:app/:plural'
  app.get<Collection>(collection, { onRequest: onCollection }, async (request) => {
    const model = modelOf(request)
    const records = await store.as(callerOf(request)).list(model.name)
    return { items: records.map((record) => shown(model, record)) }
  })
  app.post<Collection>(collection, { onRequest: onCollection }, async (request) => {
    const model = modelOf(request)
    const values = readValues(model, request.body)
    const { fields } = await store.as(callerOf(request)).create(model.name, values)
    return shown(model, fields)
  })
  refuseOtherMethods(app, collection, ['GET', 'POST'])

  const item = `${collection}/:id`
  app.get<Item>(item, { onRequest: onItem }, async (request) => {
    const model = modelOf(request)
    const id = readId(model, request.params.id)
    const { fields } = await store.as(callerOf(request)).get(model.name, id)
    return shown(model, fields)
  })
  app.put<Item>(item, { onRequest: onItem }, async (request) => {
    const model = modelOf(request)
    const id = readId(model, request.params.id)
    const values = readValues(model, request.body)
    const { fields } = await store.as(callerOf(request)).update(model.name, id, values)
    return shown(model, fields)
  })
  app.delete<Item>(item, { onRequest: onItem }, async (request) => {
    const model = modelOf(request)
    await store.as(callerOf(request)).remove(model.name, readId(model, request.params.id))
    return {}
  })
  refuseOtherMethods(app, item, ['GET', 'PUT', 'DELETE'])
}

const readLogin = (body: unknown): { username: string; password: string } => {
  const { username, password, ...rest } = requireObject(body)
  const [unknown] = Object.keys(rest)
  if (unknown === undefined && typeof username === 'string' && typeof password === 'string') {
    return { username, password }
  }
  throw new CoreError(
    'VALIDATION',
    'Expected {"username": "...", "password": "..."}, both text, and nothing else',
  )
}

const addUtility = (app: FastifyInstance, { authenticator }: RestOptions): void => {
  const utility = '/xosapi/v1/utility'
  app.post(`${utility}/login`, async (request, reply) => {
    const { username, password } = readLogin(request.body)
    const login = authenticator.login(username, password, request.ip)
    return { sessionid: await orChallenge(login, reply, sessionChallenge) }
  })
  app.post(`${utility}/logout`, async (request) => {
    const { 'x-xossession': session } = request.headers
    if (typeof session === 'string') await authenticator.logout(session)
    return {}
  })
  app.post(`${utility}/noop`, async () => ({}))
  for (const name of ['login', 'logout', 'noop']) {
    refuseOtherMethods(app, `${utility}/${name}`, ['POST'])
  }
}

/**
 * The REST face (reference core-api.md 6): every model at its XOS path, and login, logout and noop. It does not
 * listen. Models are looked up at each request, because services bring new ones while the core runs.
 *
 * Who the client is, is settled before a byte of its body is read.
 */
export const buildRest = (options: RestOptions): FastifyInstance => {
  const app = createHttpFace({
    log: options.log,
    bodyType: 'application/json',
    print: (error) => ({ type: json, text: JSON.stringify(errorBody(error)) }),
  })
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => parseJson(body),
  )
  addUtility(app, options)
  addRecords(app, options)
  return app
}
