import { readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  Client,
  credentials,
  logVerbosity,
  Metadata,
  setLogVerbosity,
  type ChannelCredentials,
} from '@grpc/grpc-js'
import type protobuf from 'protobufjs'
import { durationMs } from '#contract'
import { developmentAdmin } from '../development-admin.ts'
import { Failure } from '../failure.ts'
import { fileFailure } from '../files.ts'
import type { Flags, Input } from '../command.ts'
import { readPassword } from '../password.ts'
import { UsageError } from '../usage-error.ts'
import type { World } from '../world.ts'
import { callFailure } from './failures.ts'

/** The flags of every command that asks a core. */
export const connectionFlags: Flags = {
  server: {
    kind: 'text',
    short: 's',
    help: 'The core to ask',
    value: 'HOST:PORT',
    default: '127.0.0.1:50055',
    variable: 'SYNCSTEP_SERVER',
  },
  username: {
    kind: 'text',
    short: 'u',
    help: 'Email of the user',
    default: developmentAdmin.email,
    variable: 'SYNCSTEP_USERNAME',
  },
  'password-file': {
    kind: 'text',
    help: 'File whose first line is the password',
    value: 'FILE',
  },
  'tls-ca': {
    kind: 'text',
    help: 'Ask over TLS, and trust the authority whose certificate this is; "system" for those of this machine',
    value: 'FILE',
    variable: 'SYNCSTEP_TLS_CA',
  },
  timeout: {
    kind: 'text',
    help: 'How long to wait for an answer',
    value: 'DURATION',
    default: '10s',
    variable: 'SYNCSTEP_TIMEOUT',
  },
}

export const connectionVariables = {
  SYNCSTEP_PASSWORD:
    'Password of the user; @FILE for the first line of a file; else that of development',
  SYNCSTEP_TOKEN: 'A token, instead of user and password',
} as const

const mostBytes = 256 * 1024 * 1024

const channelFrom = async (world: World, file: string | undefined): Promise<ChannelCredentials> => {
  if (file === undefined) return credentials.createInsecure()
  if (file === 'system') return credentials.createSsl()
  const place = path.resolve(world.cwd, file)
  const authority = await readFile(place).catch((error: unknown) => {
    throw fileFailure(`Cannot read ${place}`, error)
  })
  return credentials.createSsl(authority)
}

const passwordFrom = async ({ cwd, environment }: World, input: Input): Promise<string> => {
  const file = input.text('password-file')
  if (file !== undefined) return readPassword(cwd, `@${file}`)
  return readPassword(cwd, environment['SYNCSTEP_PASSWORD'] || developmentAdmin.password)
}

const authorizationFrom = async (world: World, input: Input): Promise<string> => {
  const token = world.environment['SYNCSTEP_TOKEN'] ?? ''
  if (token !== '') return `Bearer ${token}`
  const pair = `${input.text('username') ?? ''}:${await passwordFrom(world, input)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** One call: the path of its method, and how its messages look. */
export type Method = {
  readonly path: string
  readonly request: protobuf.Type
  readonly response: protobuf.Type
}

type Answer<Reply> = {
  readonly reply: Reply
  /** What came before the answer. */
  readonly header: Metadata
}

/** A core, as its clients see it. What it refuses rejects with a Failure; {@link Connection.raw} keeps the error. */
export type Connection = {
  readonly server: string
  call<Reply>(method: Method, request: object, extra?: Metadata): Promise<Answer<Reply>>
  /** As call, rejecting with what gRPC says. */
  raw<Reply>(method: Method, request: object, extra?: Metadata): Promise<Answer<Reply>>
  /** The messages of a streamed answer. There is no limit to how long all of them take. */
  stream<Reply>(method: Method, request: object): AsyncIterable<Reply>
  /** Sends messages; the one answer. */
  send<Reply>(method: Method, requests: AsyncIterable<object>): Promise<Reply>
  close(): void
}

const serializer =
  (type: protobuf.Type) =>
  (value: object): Buffer =>
    Buffer.from(type.encode(type.fromObject(value)).finish())

/** What the caller knows to be a Reply. */
const deserializer =
  (type: protobuf.Type) =>
  (bytes: Buffer): unknown =>
    type.toObject(type.decode(bytes), { arrays: true, longs: Number })

/** Dials the core that flags and variables name. Nothing is sent before the first call. */
export const connect = async (world: World, input: Input): Promise<Connection> => {
  setLogVerbosity(logVerbosity.NONE)
  const server = input.text('server') ?? ''
  if (!/^[^\s/]+:\d{1,5}$/.test(server)) {
    throw new UsageError(`Expected --server to be HOST:PORT, got "${server}".`)
  }
  const timeoutMs = durationMs(input.text('timeout') ?? '')
  if (timeoutMs === undefined) {
    throw new UsageError(`Expected --timeout to be a duration such as 10s.`)
  }
  const authorization = await authorizationFrom(world, input)
  const client = new Client(server, await channelFrom(world, input.text('tls-ca')), {
    'grpc.max_receive_message_length': mostBytes,
    'grpc.enable_http_proxy': 0,
  })
  const metadataOf = (extra: Metadata | undefined): Metadata => {
    const metadata = extra?.clone() ?? new Metadata()
    metadata.set('authorization', authorization)
    return metadata
  }

  const raw: Connection['raw'] = <Reply>(
    { path: method, request, response }: Method,
    message: object,
    extra?: Metadata,
  ) =>
    new Promise<Answer<Reply>>((resolve, reject) => {
      let header = new Metadata()
      const call = client.makeUnaryRequest(
        method,
        serializer(request),
        deserializer(response) as (bytes: Buffer) => Reply,
        message,
        metadataOf(extra),
        { deadline: world.clock.now() + timeoutMs },
        (error, reply) => {
          if (error !== null) reject(error)
          else if (reply === undefined) reject(new Failure(`${server} gave no answer.`))
          else resolve({ reply, header })
        },
      )
      call.on('metadata', (received: Metadata) => {
        header = received
      })
    })

  const told = (error: unknown): never => {
    throw callFailure(server, error)
  }

  return {
    server,
    raw,
    call: <Reply>(method: Method, request: object, extra?: Metadata) =>
      raw<Reply>(method, request, extra).catch(told),
    async *stream<Reply>({ path: method, request, response }: Method, message: object) {
      const call = client.makeServerStreamRequest(
        method,
        serializer(request),
        deserializer(response) as (bytes: Buffer) => Reply,
        message,
        metadataOf(undefined),
      )
      try {
        for await (const reply of call) yield reply as Reply
      } catch (error) {
        told(error)
      }
    },
    send: <Reply>({ path: method, request, response }: Method, requests: AsyncIterable<object>) =>
      new Promise<Reply>((resolve, reject) => {
        const call = client.makeClientStreamRequest(
          method,
          serializer(request),
          deserializer(response) as (bytes: Buffer) => Reply,
          metadataOf(undefined),
          (error, reply) => {
            if (error !== null) reject(error)
            else if (reply === undefined) reject(new Failure(`${server} gave no answer.`))
            else resolve(reply)
          },
        )
        const write = async (): Promise<void> => {
          for await (const message of requests) {
            if (call.writable && !call.write(message)) {
              await new Promise((drained) => {
                call.once('drain', drained)
                call.once('close', drained)
              })
            }
          }
          call.end()
        }
        write().catch((error: unknown) => {
          call.cancel()
          reject(error instanceof Error ? error : new Error(String(error)))
        })
      }).catch(told),
    close: () => client.close(),
  }
}
