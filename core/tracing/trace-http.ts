import type { FastifyInstance, FastifyRequest } from 'fastify'
import { traceparentFrom, type Span, type Tracer } from '#contract'

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Shows each request of a face that may write as a span, and whoever reads its `traceparent` from then on reads that of
 * the span. To be called before the face listens.
 */
export const traceHttp = (app: FastifyInstance, face: string, tracer: Tracer): void => {
  const spans = new WeakMap<FastifyRequest, Span>()
  app.addHook('onRequest', async (request) => {
    const { method, routeOptions, headers } = request
    if (reads.has(method)) return
    const route = routeOptions.url ?? 'unknown'
    const span = tracer.begin({
      name: `${method} ${route}`,
      kind: 'server',
      parent: traceparentFrom(headers['traceparent']),
      attributes: { 'http.request.method': method, 'http.route': route, 'syncstep.face': face },
    })
    spans.set(request, span)
    headers['traceparent'] = span.traceparent
  })
  app.addHook('onResponse', async (request, { statusCode }) => {
    const failure = statusCode >= 500 ? String(statusCode) : undefined
    spans.get(request)?.end({ 'http.response.status_code': statusCode }, failure)
  })
}
