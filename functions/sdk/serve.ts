import process from 'node:process'
import type { Clock } from '#contract'
import { nameOfStep, type AnyStep } from './any-step.ts'
import type { Callers } from './callers.ts'
import { callersFrom } from './callers-from.ts'
import type { AllowedOrigins } from './consent.ts'
import { coreAccessFrom } from './core-access-from.ts'
import { createHost, drainMs } from './host.ts'
import { isLogLevel, jsonLog } from './json-log.ts'
import { boundLog, type Log } from './log.ts'
import { processClock, processCore, writeLine } from './this-process.ts'

export type ServeOptions = {
  /** @default PORT, which Knative sets, else 8080 */
  readonly port?: number
  /**
   * Address to listen on.
   *
   * @default all
   */
  readonly host?: string
  /** @default who shows a token of SYNCSTEP_FUNCTION_TOKEN, or signs with a secret of SYNCSTEP_FUNCTION_SECRET */
  readonly callers?: Callers
  /** @default nobody */
  readonly allowedOrigins?: AllowedOrigins
}

/** What {@link serveUntilStopped} may know of the world outside. */
export type Surroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly write: (line: string) => void
  readonly clock: Clock
  /** Fires when the function shall end. */
  readonly stop: AbortSignal
}

const portOf = (text: string): number => {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new Error(`Expected PORT to be a port, got ${JSON.stringify(text)}`)
}

const logOf = ({ environment, write, clock }: Surroundings): Log => {
  const level = environment['SYNCSTEP_LOG_LEVEL'] || 'info'
  if (!isLogLevel(level)) {
    throw new Error(`Expected SYNCSTEP_LOG_LEVEL to be debug, info, warn or error, got "${level}"`)
  }
  const revision = environment['K_REVISION']
  const log = jsonLog(write, level, clock)
  return revision === undefined ? log : boundLog(log, { revision })
}

const callersOf = ({ callers }: ServeOptions, { environment }: Surroundings): Callers => {
  const known = callers ?? callersFrom(environment)
  if (known !== undefined) return known
  throw new Error(
    "Expected SYNCSTEP_FUNCTION_TOKEN or SYNCSTEP_FUNCTION_SECRET, which callers must know. In development, { callers: 'anyone' } lets everybody call",
  )
}

const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** {@link serve} without the process around it. Resolves when the last call is done; rejects when it cannot begin. */
export const serveUntilStopped = async (
  step: AnyStep,
  options: ServeOptions,
  surroundings: Surroundings,
): Promise<void> => {
  const { environment, clock, stop } = surroundings
  const log = logOf(surroundings)
  const name = environment['K_SERVICE'] ?? nameOfStep(step)
  const host = createHost(step, {
    name,
    log,
    clock,
    core: processCore(coreAccessFrom(environment)),
    callers: callersOf(options, surroundings),
    allowedOrigins: options.allowedOrigins ?? [],
  })
  const { port } = await host.listen(
    options.port ?? portOf(environment['PORT'] || '8080'),
    options.host,
  )
  log.info({ step: name, port }, 'Function is listening')
  await fired(stop)
  await host.close(drainMs)
  log.info({ step: name }, 'Function has stopped')
}

/**
 * Serves a step as the program that runs: `node serve.ts`, with `await serve(new ColorStep())` in it. Takes PORT,
 * K_SERVICE, K_REVISION, who may call, and SYNCSTEP_CORE_URL with SYNCSTEP_CORE_TOKEN from the environment, and writes lines of JSON. At SIGTERM or SIGINT it takes
 * no more calls, lets those under way finish, and exits with 0. Where it cannot begin it says why and exits with 1.
 */
export const serve = async (step: AnyStep, options: ServeOptions = {}): Promise<never> => {
  const controller = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => controller.abort())
  const surroundings: Surroundings = {
    environment: process.env,
    write: writeLine,
    clock: processClock,
    stop: controller.signal,
  }
  try {
    await serveUntilStopped(step, options, surroundings)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
