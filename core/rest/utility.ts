import type { FastifyInstance } from 'fastify'
import type { Authenticator } from '../access/authenticate.ts'
import { CoreError } from '../errors.ts'
import { refuseOtherMethods } from '../http/server.ts'
import { orChallenge } from '../http/unknown-caller.ts'
import type { Store } from '../store/port.ts'
import { listDirtyModels, setDirtyModels } from '../utility/dirty-models.ts'
import { populatedServiceInstance } from '../utility/populated-service-instance.ts'
import { versionInfo } from '../utility/version.ts'
import { readId } from './find-model.ts'
import { sessionChallenge, type Identification } from './identify.ts'
import { json } from './media-type.ts'
import { modelDefsText } from './model-defs.ts'
import { requireObject } from './read-body.ts'

const root = '/xosapi/v1'

/** The one text a body may hold; empty when there is none. Throws VALIDATION. */
const readClassName = (body: unknown): string => {
  const { class_name: name, className = name, ...rest } = requireObject(body ?? {})
  const [unknown] = Object.keys(rest)
  if (unknown === undefined && className === undefined) return ''
  if (unknown === undefined && typeof className === 'string') return className
  throw new CoreError('VALIDATION', 'Expected {"class_name": "..."}, or {} for all models')
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

/** Login, logout and noop. */
const addSessions = (app: FastifyInstance, authenticator: Authenticator): void => {
  app.post(`${root}/utility/login`, async (request, reply) => {
    const { username, password } = readLogin(request.body)
    const login = authenticator.login(username, password, request.ip)
    return { sessionid: await orChallenge(login, reply, sessionChallenge) }
  })
  app.post(`${root}/utility/logout`, async (request) => {
    const { 'x-xossession': session } = request.headers
    if (typeof session === 'string') await authenticator.logout(session)
    return {}
  })
  app.post(`${root}/utility/noop`, async () => ({}))
  for (const name of ['login', 'logout', 'noop']) {
    refuseOtherMethods(app, `${root}/utility/${name}`, ['POST'])
  }
}

/** What tells about the core itself. XOS clients ask before they log in. */
const addDescriptions = (app: FastifyInstance, store: Store): void => {
  app.get(`${root}/modeldefs`, async (_request, reply) =>
    reply.type(json).send(modelDefsText(store.schema())),
  )
  app.get(`${root}/xproto`, async () => ({ xproto: await store.xproto() }))
  app.get(`${root}/version`, async () => versionInfo())
  app.get(`${root}/dbinfo`, () => store.databaseInfo())
  for (const name of ['modeldefs', 'xproto', 'version', 'dbinfo']) {
    refuseOtherMethods(app, `${root}/${name}`, ['GET'])
  }
}

type ByName = { Querystring: { class_name?: string } }
type ById = { Params: { id: string } }

/** All that is neither a model nor open to strangers. */
const addForCallers = (
  app: FastifyInstance,
  store: Store,
  { authenticate, callerOf }: Identification,
): void => {
  const onRequest = authenticate
  app.post(`${root}/utility/auth_noop`, { onRequest }, async () => ({}))
  refuseOtherMethods(app, `${root}/utility/auth_noop`, ['POST'])

  const dirty = `${root}/utility/dirty_models`
  app.get<ByName>(dirty, { onRequest }, async (request) => {
    const { class_name: name } = request.query
    const records = store.as(callerOf(request))
    return {
      items: await listDirtyModels(store.schema(), records, readClassName({ class_name: name })),
    }
  })
  app.post(dirty, { onRequest }, async (request) => {
    const records = store.as(callerOf(request))
    return { items: await setDirtyModels(store.schema(), records, readClassName(request.body)) }
  })
  refuseOtherMethods(app, dirty, ['GET', 'POST'])

  const instance = `${root}/core/populatedserviceinstance/:id`
  app.get<ById>(instance, { onRequest }, (request) =>
    populatedServiceInstance(
      store.as(callerOf(request)),
      readId('ServiceInstance', request.params.id),
    ),
  )
  refuseOtherMethods(app, instance, ['GET'])
}

/** The routes of XOS that serve no model: `utility`, `modeldefs`, and what tells about the core. */
export const addUtility = (
  app: FastifyInstance,
  store: Store,
  authenticator: Authenticator,
  identification: Identification,
): void => {
  addSessions(app, authenticator)
  addDescriptions(app, store)
  addForCallers(app, store, identification)
}
