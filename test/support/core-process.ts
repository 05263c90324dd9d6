import { runProgram, type Instance, type Program } from '../e2e/program.ts'
import { until } from './until.ts'

type CorePorts = {
  readonly rest: number
  readonly tosca: number
  readonly grpc: number
  readonly grpcTls: number
  readonly health: number
}

type CoreReply = { readonly status: number; readonly body: Instance }

/** A `syncstep core` of its own, as its users see it. */
export type CoreProcess = {
  readonly program: Program
  readonly ports: CorePorts
  /** A path below /xosapi/v1, as the administrator. */
  rest(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<CoreReply>
  /** Runs or deletes a TOSCA recipe, as the administrator. */
  recipe(kind: 'run' | 'delete', text: string): Promise<{ status: number; text: string }>
}

export const adminEmail = 'admin@opencord.org'
export const adminPassword = 'letmein'
export const adminBasic = `Basic ${btoa(`${adminEmail}:${adminPassword}`)}`

const flags: Readonly<Record<keyof CorePorts, string>> = {
  rest: '--rest-port',
  tosca: '--tosca-port',
  grpc: '--grpc-port',
  grpcTls: '--grpc-tls-port',
  health: '--health-port',
}

const portWords = (ports: CorePorts | undefined): readonly string[] =>
  Object.entries(flags).flatMap(([face, flag]) => [
    flag,
    String(ports?.[face as keyof CorePorts] ?? 0),
  ])

/** Making a new database takes seconds, on a busy machine many. */
const startMs = 120_000

export type CoreOptions = {
  /** An absolute folder, `memory` or a `postgres://` URL. */
  readonly data: string
  readonly words?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Those of a core that ran before; else free ones. */
  readonly ports?: CorePorts
  /** Runs `syncstep` in another way than the npm script. */
  readonly run?: typeof runProgram
}

/** Starts a core and waits until it is ready. Rejects with what it said when it ends before. */
export const startCoreProcess = async ({
  data,
  words = [],
  environment = {},
  ports,
  run = runProgram,
}: CoreOptions): Promise<CoreProcess> => {
  const place = data.startsWith('postgres://') ? ['--database', data] : ['--data', data]
  const program = run(
    ['core', '--development', ...place, ...portWords(ports), ...words],
    environment,
  )
  const early = program.exit.then((status) => {
    throw new Error(`The core ended with ${status} before it was ready: ${program.stderr()}`)
  })
  early.catch(() => undefined)
  const ready = until(
    'the core to be ready',
    () => program.lines.find((line) => line.includes('"msg":"Core is ready"')),
    startMs,
  )
  const line = await Promise.race([ready, early])
  const said = JSON.parse(line) as Instance & CorePorts
  const { rest, tosca, grpc, grpcTls, health } = said
  return {
    program,
    ports: { rest, tosca, grpc, grpcTls, health },
    async rest(method, path, body, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${rest}/xosapi/v1/${path}`, {
        method,
        headers: {
          authorization: adminBasic,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Instance }
    },
    async recipe(kind, text) {
      const response = await fetch(`http://127.0.0.1:${tosca}/${kind}`, {
        method: 'POST',
        headers: { 'xos-username': adminEmail, 'xos-password': adminPassword },
        body: text,
      })
      return { status: response.status, text: await response.text() }
    },
  }
}

export const stopCore = async ({ program }: CoreProcess): Promise<void> => {
  program.kill('SIGKILL')
  await program.exit
}
