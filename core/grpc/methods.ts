import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  Metadata,
  type sendUnaryData,
  type Server,
  type ServerDuplexStream,
  type ServerReadableStream,
} from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import type { Authenticator } from '../access/authenticate.ts'
import { CoreError } from '../errors.ts'
import type { Caller } from '../store/port.ts'
import { rememberCaller } from './callers.ts'
import { failureOf, type Failure } from './failures.ts'
import { identify } from './identify.ts'
import type { Log } from './log.ts'
import { welcome } from './strangers.ts'

/** Largest request in bytes, as gRPC itself has it. */
const maxRequestBytes = 4 * 1024 * 1024

/** A request as it was decoded: a field is an own property exactly if it was sent, else it has its default. */
export type Message = Readonly<Record<string, unknown>>

/** The fields of the answer, or its bytes. */
export type Reply = object | Uint8Array

type Call = {
  readonly metadata: Metadata
  /** Where the client is, without its port. */
  readonly address: string
  /** Aborted when nobody waits for the answer any more: the client left, or its deadline passed. */
  readonly signal: AbortSignal
  /** Goes to the client before the answer. Of a unary call only. */
  readonly header: Metadata
}

export type CallerCall = Call & { readonly caller: Caller }

type Serve<C> =
  | { readonly answer: (request: Message, call: C) => Promise<Reply> | Reply }
  | { readonly stream: (requests: AsyncIterable<Message>, call: C) => AsyncIterable<Reply> }

/** `answer` serves a unary method, `stream` one that streams in either direction. */
export type Method =
  | ({ readonly access: 'anyone' } & Serve<Call>)
  /** Answers only who has shown credentials; nothing of the request is looked at before. */
  | ({ readonly access: 'caller' } & Serve<CallerCall>)

/** By name, as in the protobuf text. */
export type Methods = Readonly<Record<string, Method>>

export type MethodsOptions = { readonly authenticator: Authenticator; readonly log: Log }

type AnyCall = { getPeer(): string; readonly metadata: Metadata } & NodeJS.EventEmitter

/** `127.0.0.1:4711` and `::1:4711` without their port. */
export const addressOf = (peer: string): string => peer.replace(/:\d+$/, '')

const callOf = (call: AnyCall): Call => {
  const left = new AbortController()
  call.once('cancelled', () => {
    left.abort()
  })
  return {
    metadata: call.metadata,
    address: addressOf(call.getPeer()),
    signal: left.signal,
    header: new Metadata(),
  }
}

const decodeAs = (type: protobuf.Type, bytes: Uint8Array): Message => {
  if (bytes.length > maxRequestBytes) {
    throw new CoreError(
      'TOO_LARGE',
      `Expected a message of at most ${maxRequestBytes} bytes, got ${bytes.length}; send less at a time`,
    )
  }
  try {
    return type.decode(bytes) as unknown as Message
  } catch {
    throw new CoreError('VALIDATION', `Expected the bytes of a protobuf message ${type.name}`)
  }
}

const encodeAs = (type: protobuf.Type, reply: Reply): Buffer => {
  const bytes = reply instanceof Uint8Array ? reply : type.encode(reply).finish()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function* decodeEach(
  type: protobuf.Type,
  messages: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Message> {
  for await (const bytes of messages) yield decodeAs(type, bytes)
  // A client that breaks off looks at first like one that has sent everything.
  await nextTurn()
  signal.throwIfAborted()
}

const typesOf = (method: protobuf.Method) => {
  method.resolve()
  const { resolvedRequestType: request, resolvedResponseType: response } = method
  if (request === null || response === null) throw new Error(`${method.fullName} has unknown types`)
  return { request, response }
}

const asIs = (bytes: Buffer): Buffer => bytes

/** What the client sends. Reading it to its end leaves the call open for the answer. */
const messagesOf = (call: Readable): AsyncIterable<Buffer> =>
  call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>

/** The one message of a unary call. Throws VALIDATION when there is none. */
const onlyOne = async (messages: AsyncIterable<Buffer>): Promise<Buffer> => {
  for await (const bytes of messages) return bytes
  throw new CoreError('VALIDATION', 'Expected a message, got none')
}

type Stream = ServerDuplexStream<Buffer, Buffer>

/** Writes no faster than the client reads. */
const writeAll = async (
  call: Stream,
  replies: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> => {
  for await (const reply of replies) {
    signal.throwIfAborted()
    if (!call.write(reply)) await once(call, 'drain', { signal })
  }
  call.end()
}

/** `/xos.xos/GetSlice`. */
const pathOf = ({ parent, name }: protobuf.Method): string =>
  `/${(parent?.fullName ?? '').replace(/^\./, '')}/${name}`

/** Takes the methods of a service from a server. Calls that are under way go on. */
export const removeMethods = (server: Server, service: protobuf.Service): void => {
  for (const method of service.methodsArray) server.unregister(pathOf(method))
}

/** Adds the methods of a service to a server. Throws when the text of the service has one that is not given. */
export const addMethods = (
  server: Server,
  service: protobuf.Service,
  methods: Methods,
  { authenticator, log }: MethodsOptions,
): void => {
  const add = (definition: protobuf.Method, method: Method): void => {
    const path = pathOf(definition)
    const { request, response } = typesOf(definition)

    const failure = (thrown: unknown): Failure =>
      failureOf(thrown, {
        method: path,
        prefix:
          definition.responseStream === true
            ? 'Exception iterating responses: '
            : 'Exception calling application: ',
        log,
      })

    const authenticated = async (call: Call): Promise<CallerCall> => {
      const caller = await identify(authenticator, call.metadata, call.address)
      rememberCaller(call.metadata, caller)
      welcome(call.metadata)
      return { ...call, caller }
    }

    const answer = async (messages: AsyncIterable<Buffer>, call: Call): Promise<Buffer> => {
      if (!('answer' in method)) throw new Error(`${path} is no unary method`)
      const read = async (): Promise<Message> => decodeAs(request, await onlyOne(messages))
      if (method.access === 'anyone') {
        return encodeAs(response, await method.answer(await read(), call))
      }
      const known = await authenticated(call)
      return encodeAs(response, await method.answer(await read(), known))
    }

    async function* stream(messages: AsyncIterable<Buffer>, call: Call): AsyncGenerator<Buffer> {
      if (!('stream' in method)) throw new Error(`${path} is no streaming method`)
      const replies =
        method.access === 'anyone'
          ? method.stream(decodeEach(request, messages, call.signal), call)
          : method.stream(decodeEach(request, messages, call.signal), await authenticated(call))
      for await (const reply of replies) yield encodeAs(response, reply)
    }

    const collect = async (messages: AsyncIterable<Buffer>, call: Call): Promise<Buffer> => {
      for await (const reply of stream(messages, call)) return reply
      throw new Error(`${path} gave no answer`)
    }

    const answerOnce = (
      call: ServerReadableStream<Buffer, Buffer>,
      done: sendUnaryData<Buffer>,
    ): void => {
      const ours = callOf(call)
      const last = definition.requestStream === true ? collect : answer
      last(messagesOf(call), ours).then(
        (bytes) => {
          if (ours.signal.aborted) return
          call.sendMetadata(ours.header)
          done(null, bytes)
        },
        (thrown: unknown) => {
          if (!ours.signal.aborted) done(failure(thrown))
        },
      )
    }

    const respond = (call: Stream): void => {
      const ours = callOf(call)
      writeAll(call, stream(messagesOf(call), ours), ours.signal).catch((thrown: unknown) => {
        if (!ours.signal.aborted) call.emit('error', failure(thrown))
      })
    }

    // gRPC would read the message of a unary call before it tells of the call. On the wire it is a stream of one.
    if (definition.responseStream === true) server.register(path, respond, asIs, asIs, 'bidi')
    else server.register(path, answerOnce, asIs, asIs, 'clientStream')
  }

  for (const definition of service.methodsArray) {
    const method = methods[definition.name]
    if (method === undefined) throw new Error(`${definition.fullName} is not served`)
    add(definition, method)
  }
}
