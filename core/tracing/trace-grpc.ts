import {
  ServerInterceptingCall,
  status,
  type ServerInterceptor,
  type ServerMethodDefinition,
} from '@grpc/grpc-js'
import { traceparentFrom, type Span, type Tracer } from '#contract'

const write = /^\/[\w.]+\/(?:Create|Update|Delete|Apply|Retry|Release)\w*$/

/** Of the answers, those that say that the core is at fault, and not who asked. */
const faults: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
  status.DEADLINE_EXCEEDED,
])

/**
 * Shows each call that writes as a span, and whoever reads `traceparent` in its metadata from then on reads that of the
 * span.
 */
export const traceGrpc =
  (tracer: Tracer): ServerInterceptor =>
  ({ path }: ServerMethodDefinition<unknown, unknown>, call) => {
    if (!write.test(path)) return new ServerInterceptingCall(call)
    const [, service = '', method = ''] = path.split('/')
    let span: Span | undefined

    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            span = tracer.begin({
              name: path.slice(1),
              kind: 'server',
              parent: traceparentFrom(metadata.get('traceparent')[0]),
              attributes: {
                'rpc.system': 'grpc',
                'rpc.service': service,
                'rpc.method': method,
                'syncstep.face': 'grpc',
              },
            })
            metadata.set('traceparent', span.traceparent)
            pass(metadata)
          },
        }),
      sendStatus(sent, next) {
        const failure = faults.has(sent.code) ? status[sent.code] : undefined
        span?.end({ 'rpc.grpc.status_code': sent.code }, failure)
        next(sent)
      },
    })
  }
