import type { Tracer } from '#contract'
import type { Log } from '#emulator'
import { packageVersion } from './version.ts'
import type { World } from './world.ts'

/** The variables of OpenTelemetry that help names; it reads others of its own, too. */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'Where traces are sent to, such as http://localhost:4318; else none',
  OTEL_TRACES_EXPORTER: 'otlp to send them to that port of this machine, none to send none',
} as const

export type Tracing = {
  /** Undefined: nobody wants to see traces. */
  readonly tracer: Tracer | undefined
  /** Sends what has gathered, as far as that is quick. */
  close(): Promise<void>
}

const closeMs = 2_000
/** Who is not there is told of this often at most. */
const tellEveryMs = 60_000

const isWanted = ({ environment }: Pick<World, 'environment'>): boolean => {
  const given = (name: string): string => environment[name]?.trim() ?? ''
  if (given('OTEL_SDK_DISABLED').toLowerCase() === 'true') return false
  const exporters = given('OTEL_TRACES_EXPORTER')
  if (exporters !== '') return exporters.split(',').some((name) => name.trim() === 'otlp')
  return ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'].some(
    (name) => given(name) !== '',
  )
}

/** Shows what the program does as traces, where the environment says so; else nothing of it is even loaded. */
export const openTracing = async (
  world: Pick<World, 'environment' | 'clock'>,
  log: Log,
  service: string,
): Promise<Tracing> => {
  if (!isWanted(world)) return { tracer: undefined, close: () => Promise.resolve() }
  const { clock } = world
  let quietUntilMs = 0
  const { startOpenTelemetry } = await import('./open-telemetry.ts')
  const version = await packageVersion()
  const tell = (error: string): void => {
    if (clock.now() < quietUntilMs) return
    quietUntilMs = clock.now() + tellEveryMs
    log.warn({ error }, 'Cannot send traces')
  }
  const started = startOpenTelemetry({ name: service, version }, tell)
  return {
    tracer: started.tracer,
    async close() {
      let cancel: (() => void) | undefined
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(closeMs, resolve)
      })
      const sent = started.close().catch((error: unknown) => tell(String(error)))
      await Promise.race([sent, late])
      cancel?.()
    },
  }
}
