import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../store/port.ts'
import type { Metrics } from './metrics.ts'
import type { RequestLog } from './request-log.ts'

const emailOf = (request: FastifyRequest): string | undefined =>
  request.server.hasRequestDecorator('caller')
    ? request.getDecorator<Caller | undefined>('caller')?.email
    : undefined

/** Counts and logs each request of a face once it is answered. To be called before the face listens. */
export const observeHttp = (
  app: FastifyInstance,
  face: string,
  metrics: Pick<Metrics, 'http'>,
  log: RequestLog,
): void => {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, id } = request
    const { statusCode: status, elapsedTime: ms } = reply
    const route = routeOptions.url ?? 'unknown'
    metrics.http({ method, route: `${face} ${route}`, status, seconds: ms / 1000 })
    const { app: service, plural } = (request.params ?? {}) as Readonly<Record<string, string>>
    log({
      face,
      method,
      route,
      ...(plural === undefined ? {} : { collection: `${service ?? ''}/${plural}`.slice(0, 200) }),
      status,
      ms: Math.round(ms),
      caller: emailOf(request),
      request: id,
    })
  })
}
