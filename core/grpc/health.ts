import {
  status,
  type MethodDefinition,
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js'
import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader'
import protobuf from 'protobufjs'
import { health } from './protos/health.ts'

type HealthRequest = { readonly service: string }
type HealthReply = { readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' }
type HealthMethod = MethodDefinition<HealthRequest, HealthReply>

export type HealthService = {
  /** From now on every service is NOT_SERVING, and watchers are told and let go. */
  stop(): void
}

/** Adds `grpc.health.v1.Health` for the named services and for the server as a whole (`''`). Needs no credentials. */
export const addHealthService = (server: Server, services: readonly string[]): HealthService => {
  const known = new Set(['', ...services])
  const watchers = new Set<ServerWritableStream<HealthRequest, HealthReply>>()
  let serving = true

  const replyFor = (service: string): HealthReply => {
    if (!known.has(service)) return { status: 'SERVICE_UNKNOWN' }
    return { status: serving ? 'SERVING' : 'NOT_SERVING' }
  }

  const descriptor = protobuf.parse(health).root.toJSON()
  const loaded = fromJSON(descriptor, { enums: String, defaults: true })['grpc.health.v1.Health']
  const methods = loaded as ServiceDefinition
  const Check = methods['Check'] as HealthMethod
  const Watch = methods['Watch'] as HealthMethod
  server.addService(
    { Check, Watch },
    {
      Check(
        { request }: ServerUnaryCall<HealthRequest, HealthReply>,
        answer: sendUnaryData<HealthReply>,
      ) {
        if (known.has(request.service)) answer(null, replyFor(request.service))
        else
          answer({
            code: status.NOT_FOUND,
            details: 'Expected the name of a service of this server',
          })
      },
      Watch(call: ServerWritableStream<HealthRequest, HealthReply>) {
        watchers.add(call)
        call.on('close', () => watchers.delete(call))
        call.write(replyFor(call.request.service))
      },
    },
  )

  return {
    stop() {
      serving = false
      for (const call of watchers) {
        call.write(replyFor(call.request.service))
        call.end()
      }
    },
  }
}
