import {
  Metadata,
  ServerInterceptingCall,
  status,
  type ServerInterceptor,
  type ServerMethodDefinition,
} from '@grpc/grpc-js'
import type { Clock } from '#contract'
import { callerOf } from '../grpc/callers.ts'
import type { Metrics } from './metrics.ts'
import type { RequestLog } from './request-log.ts'

export type ObserveGrpcOptions = {
  readonly metrics: Metrics
  readonly log: RequestLog
  readonly clock: Pick<Clock, 'now'>
}

const modelMethod = /^(?:List|Filter|Get|Create|Update|Delete)(\w+)$/

/** `/xos.xos/ListSlice` is about Slice, `/xos.utility/Login` about the service utility. */
const modelOf = (service: string, endpoint: string): string =>
  (service === 'xos.xos' ? modelMethod.exec(endpoint)?.[1] : undefined) ??
  service.split('.').at(-1) ??
  service

/** Counts and logs each call once its status is sent. Calls of methods that do not exist do not come here. */
export const observeGrpc = ({ metrics, log, clock }: ObserveGrpcOptions): ServerInterceptor => {
  let calls = 0

  return ({ path }: ServerMethodDefinition<unknown, unknown>, call) => {
    const [, service = '', endpoint = ''] = path.split('/')
    const model = modelOf(service, endpoint)
    const began = clock.now()
    calls += 1
    const request = `grpc-${calls}`
    let metadata = new Metadata()
    let isOver = false

    const end = (code: status): void => {
      if (isOver) return
      isOver = true
      const ms = clock.now() - began
      metrics.grpc({ model, endpoint, status: status[code], seconds: ms / 1000 })
      const caller = callerOf(metadata)?.email
      log({ face: 'grpc', method: path, status: status[code], ms, caller, request })
    }

    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(received, pass) {
            metadata = received
            pass(received)
          },
          onCancel: () => end(status.CANCELLED),
        }),
      sendStatus(sent, next) {
        end(sent.code)
        next(sent)
      },
    })
  }
}
