import type { FastifyInstance } from 'fastify'
import { CoreError } from '../errors.ts'
import { refuseOtherMethods } from '../http/server.ts'
import {
  deliveryStates,
  type DeliveryQuestion,
  type Store,
  type StoredDelivery,
} from '../store/port.ts'
import type { Identification } from './identify.ts'
import { parametersIn, type Parameters } from './parameters.ts'

const usualLimit = 100

const names = ['state', 'step', 'limit', 'after'] as const

const readQuestion = (given: Parameters): DeliveryQuestion => {
  const parameters = parametersIn(given, names)
  const state = parameters.oneOf('state', deliveryStates)
  const step = parameters.text('step')
  const after = parameters.number('after')
  return {
    ...(state === undefined ? {} : { state }),
    ...(step === undefined ? {} : { step }),
    ...(after === undefined ? {} : { after }),
    limit: parameters.number('limit') ?? usualLimit,
  }
}

/** Times in seconds, as all times on the wire. */
const deliveryJson = ({ eventId, received, nextRun, ended, ...delivery }: StoredDelivery) => ({
  ...delivery,
  event_id: eventId,
  received: received / 1e6,
  ...(nextRun === undefined ? {} : { next_run: nextRun / 1e6 }),
  ...(ended === undefined ? {} : { ended: ended / 1e6 }),
})

const readPlace = (text: string): number => {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new CoreError('NOT_FOUND', `There is no delivery with id ${text.slice(0, 40)}`)
}

type ById = { Params: { id: string } }

/** Events for steps and turns of pull steps: what became of them, and what shall, for administrators. */
export const addDeliveries = (
  app: FastifyInstance,
  { deliveries }: Pick<Store, 'deliveries'>,
  { authenticate, callerOf }: Identification,
): void => {
  const url = '/xosapi/v1/deliveries'
  const onRequest = authenticate
  app.get<{ Querystring: Parameters }>(url, { onRequest }, async (request) => {
    const question = readQuestion(request.query)
    const found = await deliveries.list(callerOf(request), question)
    const last = found.length === question.limit ? found.at(-1) : undefined
    return {
      items: found.map(deliveryJson),
      ...(last === undefined ? {} : { next: String(last.id) }),
    }
  })
  refuseOtherMethods(app, url, ['GET'])

  app.get<ById>(`${url}/:id`, { onRequest }, async (request) => {
    const { event, ...delivery } = await deliveries.get(
      callerOf(request),
      readPlace(request.params.id),
    )
    return { ...deliveryJson(delivery), ...(event === undefined ? {} : { event }) }
  })
  app.delete<ById>(`${url}/:id`, { onRequest }, async (request) => {
    await deliveries.discard(callerOf(request), readPlace(request.params.id))
    return {}
  })
  refuseOtherMethods(app, `${url}/:id`, ['GET', 'DELETE'])

  app.post<ById>(`${url}/:id/retry`, { onRequest }, async (request) => {
    await deliveries.retry(callerOf(request), readPlace(request.params.id))
    return {}
  })
  refuseOtherMethods(app, `${url}/:id/retry`, ['POST'])
}
