import type { FastifyInstance, FastifyReply } from 'fastify'
import { refuseOtherMethods } from '../http/server.ts'
import type { Store } from '../store/port.ts'
import type { LoadStatus } from '../store/services/request.ts'
import type { Identification } from './identify.ts'
import { json } from './media-type.ts'
import { readLoad, readUnload } from './read-load.ts'

const root = '/xosapi/v1/dynamicload'

const standInTheWay: Readonly<Partial<Record<LoadStatus, string>>> = {
  ERROR_LIVE_MODELS:
    'There are records of these models. Delete them first, or choose another cleanup_behavior',
  ERROR_DELETION_IN_PROGRESS:
    'There are records of these models that are still being deleted. Try again later, or choose another cleanup_behavior',
}

const answer = (reply: FastifyReply, status: LoadStatus): FastifyReply => {
  const reason = standInTheWay[status]
  if (reason === undefined) return reply.type(json).send(JSON.stringify({ status }))
  const body = { error: status, specific_error: reason, fields: {} }
  return reply.code(409).type(json).send(JSON.stringify(body))
}

/** The routes of XOS that bring and take models of services. */
export const addDynamicload = (
  app: FastifyInstance,
  { services }: Pick<Store, 'services'>,
  { authenticate, callerOf }: Identification,
): void => {
  const onRequest = authenticate
  app.post(`${root}/load_models`, { onRequest }, async (request, reply) =>
    answer(reply, await services.load(readLoad(request.body), callerOf(request))),
  )
  app.post(`${root}/unload_models`, { onRequest }, async (request, reply) =>
    answer(reply, await services.unload(readUnload(request.body), callerOf(request))),
  )
  app.get(`${root}/load_status`, { onRequest }, async () => ({
    model_status: 0,
    model_output: '',
    services: await services.status(),
  }))
  app.get(`${root}/convenience_methods`, { onRequest }, async () => ({
    convenience_methods: await services.convenienceMethods(),
  }))
  for (const name of ['load_models', 'unload_models']) {
    refuseOtherMethods(app, `${root}/${name}`, ['POST'])
  }
  for (const name of ['load_status', 'convenience_methods']) {
    refuseOtherMethods(app, `${root}/${name}`, ['GET'])
  }
}
