import type { ChildProcess } from 'node:child_process'
import { observedModel, type Clock } from '#contract'
import { logChildLine } from './child-log.ts'
import { describeFunction, type Ask, type Description } from './describe.ts'
import { freePort } from './free-port.ts'
import { eachLine } from './lines.ts'
import type { Log } from './log.ts'
import { fired, sleep } from './sleep.ts'

/** Starts `syncstep function FILE` with these variables added; its stdout and stderr are pipes. */
export type SpawnStep = (
  file: string,
  environment: Readonly<Record<string, string>>,
) => ChildProcess

export type StepProcessOptions = {
  readonly step: string
  /** Name of what the file was when it was read. */
  readonly revision: string
  readonly file: string
  /** What callers must show as bearer token. */
  readonly token: string
  readonly spawn: SpawnStep
  readonly ask: Ask
  readonly clock: Clock
  readonly log: Log
  /** How much longer than it takes anyway a process takes to become ready. */
  readonly coldStartMs: number
  /** How long a process may take to end its work once it is not wanted any more. */
  readonly graceMs: number
  /** Called each time a process has become ready. */
  readonly onReady: (port: number, description: Description) => void
  /** Called when a process that was ready shall get no more calls; resolves when it has none under way. */
  readonly onLeaving: (port: number) => Promise<void>
  /** Called each time a process ended by itself. */
  readonly onDeath: () => void
}

const host = '127.0.0.1'
const readinessEveryMs = 25
const startWithinMs = 60_000
/** Time to finish running calls when everything stops. */
const stopDrainMs = 1_000
const keptErrorLines = 8

/** Delay before a process that died is started again: doubles with each death in a row, 0.1 s to 10 s. */
export const restartDelayMs = (deaths: number): number =>
  Math.min(10_000, 100 * 2 ** Math.min(deaths - 1, 10))

/** Resolves with how the process ended. */
const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(`not started: ${error.message}`))
    child.once('close', (code, signal) => resolve(signal ?? `exit ${String(code)}`))
  })

/**
 * Keeps one process of a step running, which is started again when it dies, until the signal `unwanted` fires; lets it
 * finish its calls then, in a second at most when `stopping` fires. Resolves when it is gone.
 */
export const keepStepProcess = async (
  options: StepProcessOptions,
  unwanted: AbortSignal,
  stopping: AbortSignal,
): Promise<void> => {
  const { step, revision, file, token, spawn, ask, clock, log, coldStartMs, graceMs } = options
  const { onReady, onLeaving, onDeath } = options
  const leaving = AbortSignal.any([unwanted, stopping])

  const start = (port: number): ChildProcess =>
    spawn(file, {
      PORT: String(port),
      K_SERVICE: step,
      K_CONFIGURATION: step,
      K_REVISION: revision,
      SYNCSTEP_HOST: host,
      SYNCSTEP_FUNCTION_TOKEN: token,
    })

  /** Writes what the process prints into the log. Answers how to look at its last lines on stderr. */
  const followOutput = ({ stdout, stderr }: ChildProcess): (() => string) => {
    const lastErrors: string[] = []
    if (stdout) eachLine(stdout, (line) => logChildLine(log, step, line, 'info'))
    if (stderr) {
      eachLine(stderr, (line) => {
        lastErrors.push(line)
        if (lastErrors.length > keptErrorLines) lastErrors.shift()
        logChildLine(log, step, line, 'warn')
      })
    }
    return () => lastErrors.join('\n')
  }

  const isReady = async (url: string, signal: AbortSignal): Promise<boolean> => {
    const answer = await ask({ url: `${url}health/readiness`, token }, signal).catch(
      () => undefined,
    )
    return answer?.status === 200
  }

  /** Waits until the function is ready and asks what it observes. @throws Error when it will not do. */
  const describeWhenReady = async (url: string, over: AbortSignal): Promise<Description> => {
    const latest = clock.now() + startWithinMs
    while (!(await isReady(url, over))) {
      over.throwIfAborted()
      if (clock.now() > latest) throw new Error(`Not ready after ${startWithinMs / 1_000} s`)
      await sleep(clock, readinessEveryMs, over)
    }
    await sleep(clock, coldStartMs, over)
    return describeFunction(ask, { url, token }, over)
  }

  const becomesReady = async (
    { pid }: ChildProcess,
    port: number,
    over: AbortSignal,
  ): Promise<boolean> => {
    try {
      const description = await describeWhenReady(`http://${host}:${port}/`, over)
      const observes = observedModel(description)
      log.info(
        { step, kind: description.kind, observes, revision, port, process: pid },
        'Step is ready',
      )
      onReady(port, description)
      return true
    } catch (error) {
      if (!over.aborted) log.error({ step, revision, err: error }, 'Step process is of no use')
      return false
    }
  }

  const terminate = async (child: ChildProcess, drained: Promise<void>, ended: AbortSignal) => {
    const grace = sleep(clock, graceMs, AbortSignal.any([ended, stopping]))
    await Promise.race([drained, grace])
    child.kill('SIGTERM')
    await grace
    await sleep(clock, stopDrainMs, ended)
    if (!ended.aborted) child.kill('SIGKILL')
    await fired(ended)
  }

  /** One process from start to end. Answers whether it was ready in between. */
  const live = async (): Promise<boolean> => {
    const port = await freePort(host)
    const child = start(port)
    const lastErrors = followOutput(child)
    const end = new AbortController()
    const exit = exitOf(child).finally(() => end.abort())

    const wasReady = await becomesReady(child, port, AbortSignal.any([leaving, end.signal]))
    if (wasReady) await Promise.race([exit, fired(leaving)])
    const drained = wasReady ? onLeaving(port) : Promise.resolve()
    if (!end.signal.aborted) await terminate(child, drained, end.signal)
    if (leaving.aborted) return wasReady

    log.error({ step, revision, exit: await exit, stderr: lastErrors() }, 'Step process ended')
    onDeath()
    return wasReady
  }

  let deaths = 0
  while (!leaving.aborted) {
    const wasReady = await live()
    deaths = wasReady ? 1 : deaths + 1
    await sleep(clock, restartDelayMs(deaths), leaving)
  }
}
