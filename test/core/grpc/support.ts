import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js'
import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader'
import {
  dispatchDescriptor,
  dispatchLoaderOptions,
  dispatchService,
  type Change,
  type WireReply,
  type WireRequest,
  type Work,
  type WorkSource,
} from '#contract'
import { buildGrpc, CoreError, type GrpcFace, type GrpcOptions } from '#core'
import { connectRemoteSource, type RemoteSource } from '#dispatcher'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'

/** Resolves as soon as the condition holds, however many turns of the event loop that takes. */
export const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

/** A promise and how to resolve it. */
export const gate = <T>() => {
  let open!: (value: T) => void
  const opened = new Promise<T>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

type Method = Exclude<keyof WorkSource, 'onWake'>

/** A core made of the given answers, which writes down what it was asked: `[method, ...arguments]`. */
export const createWork = (answers: Partial<WorkSource> = {}) => {
  const asked: (readonly [Method, ...unknown[]])[] = []
  const listeners = new Set<() => void>()
  const work: WorkSource = {
    register(registration) {
      asked.push(['register', registration])
      return answers.register?.(registration) ?? Promise.resolve([])
    },
    lease(dispatcher, wants, held) {
      asked.push(['lease', dispatcher, wants, held])
      return answers.lease?.(dispatcher, wants) ?? Promise.resolve({ work: [] })
    },
    report(dispatcher, reports) {
      asked.push(['report', dispatcher, reports])
      return answers.report?.(dispatcher, reports) ?? Promise.resolve([])
    },
    heartbeat(dispatcher) {
      asked.push(['heartbeat', dispatcher])
      return answers.heartbeat?.(dispatcher) ?? Promise.resolve()
    },
    leave(dispatcher, tokens) {
      asked.push(tokens === undefined ? ['leave', dispatcher] : ['leave', dispatcher, tokens])
      return answers.leave?.(dispatcher, tokens) ?? Promise.resolve()
    },
    onWake(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
  return {
    work,
    asked,
    listeners,
    methods: () => asked.map(([method]) => method),
    wake: () => {
      for (const listener of listeners) listener()
    },
  }
}

export const workOf = (id: number, change: Partial<Change> = {}): Work => ({
  key: { model: 'Color', id },
  operation: 'sync',
  token: id * 10,
  failures: 0,
  change: {
    operation: 'sync',
    model: 'Color',
    record: { id, name: 'red' },
    expanded: {},
    stamp: 1_700_000_000_000_000 + id,
    attempt: 1,
    ...change,
  },
})

export const createLog = () => {
  const lines: { level: string; fields: Readonly<Record<string, unknown>>; message: string }[] = []
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, fields, message })
  }
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
}

const username = 'admin@opencord.org'
const password = 'lét:mein'

/** Lets in those who know the password. */
const authenticate = (metadata: Metadata): Promise<void> => {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return metadata.get('authorization')[0] === expected
    ? Promise.resolve()
    : Promise.reject(new CoreError('NOT_AUTHENTICATED', 'Wrong user or password'))
}

/** A TCP relay whose connections can be cut, as a network does it. */
const createRelay = async (target: number) => {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Everything that a test opened, closed after it. */
export const createBench = () => {
  const closers: (() => unknown)[] = []
  const loader = fromJSON(dispatchDescriptor, dispatchLoaderOptions)[dispatchService]
  const method = (loader as ServiceDefinition)['Connect'] as MethodDefinition<
    WireRequest,
    WireReply
  >

  const serve = async (
    work: WorkSource,
    options: Partial<GrpcOptions> & { readonly port?: number; readonly clock?: ManualClock } = {},
  ) => {
    const clock = options.clock ?? createManualClock()
    const log = createLog()
    const face: GrpcFace = buildGrpc({ work, authenticate, log, ...options, clock })
    const port = await face.listen(options.port ?? 0, '127.0.0.1')
    const close = async (): Promise<void> => {
      const closed = face.close(1_000)
      await clock.advance(1_000)
      await closed
    }
    closers.push(close)
    return { face, port, clock, log, close }
  }

  const dial = (
    port: number,
    options: { readonly password?: string; readonly clock?: ManualClock } = {},
  ): RemoteSource & { readonly log: ReturnType<typeof createLog>; readonly clock: ManualClock } => {
    const log = createLog()
    const clock = options.clock ?? createManualClock()
    const source = connectRemoteSource({
      endpoint: `127.0.0.1:${port}`,
      username,
      password: options.password ?? password,
      log,
      clock,
      random: () => 0.5,
    })
    const close = async (): Promise<void> => {
      const closed = source.close()
      await clock.advance(1_000)
      await closed
    }
    closers.unshift(close)
    return { ...source, close, log, clock }
  }

  /** A stream that may say anything. */
  const stream = (port: number) => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
    const metadata = new Metadata()
    const pair = Buffer.from(`${username}:${password}`).toString('base64')
    metadata.set('authorization', `Basic ${pair}`)
    const call = client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      metadata,
    )
    const replies: WireReply[] = []
    call.on('data', (reply: WireReply) => replies.push(reply))
    call.on('error', () => undefined)
    closers.unshift(() => {
      call.cancel()
      client.close()
    })
    return { call, replies }
  }

  const relay = async (port: number) => {
    const made = await createRelay(port)
    closers.push(() => {
      made.close()
    })
    return made
  }

  return {
    serve,
    dial,
    stream,
    relay,
    async close() {
      for (const close of closers.splice(0)) await close()
    },
  }
}
