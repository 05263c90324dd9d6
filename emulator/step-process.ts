import type { ChildProcess } from 'node:child_process'
import type { Clock } from '#contract'
import { logChildLine } from './child-log.ts'
import { describeFunction, type Ask, type Description } from './describe.ts'
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
  readonly file: string
  readonly port: number
  /** What callers must show as bearer token. */
  readonly token: string
  readonly spawn: SpawnStep
  readonly ask: Ask
  readonly clock: Clock
  readonly log: Log
  /** Called each time a process has become ready. */
  readonly onReady: (description: Description) => void
  /** Called each time a process ended by itself. */
  readonly onDeath: () => void
}

/** One step's process: started, watched, started again when it dies. */
export type StepProcess = {
  readonly url: string
  /** Lets the process finish its calls, then starts the file as it is now. */
  restart(): void
  /** Keeps a process running until the signal fires; resolves when it is gone. */
  run(signal: AbortSignal): Promise<void>
}

const readinessEveryMs = 25
const startWithinMs = 60_000
/** Time to finish running calls: when the file changed, and when everything stops. */
const renewDrainMs = 10_000
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

export const createStepProcess = (options: StepProcessOptions): StepProcess => {
  const { step, file, port, token, spawn, ask, clock, log, onReady, onDeath } = options
  const url = `http://127.0.0.1:${port}/`
  let revision = 0
  let renewal = new AbortController()

  const start = (): ChildProcess => {
    revision += 1
    return spawn(file, {
      PORT: String(port),
      K_SERVICE: step,
      K_CONFIGURATION: step,
      K_REVISION: `${step}-${String(revision).padStart(5, '0')}`,
      SYNCSTEP_HOST: '127.0.0.1',
      SYNCSTEP_FUNCTION_TOKEN: token,
    })
  }

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

  const isReady = async (signal: AbortSignal): Promise<boolean> => {
    const answer = await ask({ url: `${url}health/readiness`, token }, signal).catch(
      () => undefined,
    )
    return answer?.status === 200
  }

  /** Waits until the function is ready and asks what it observes. @throws Error when it will not do. */
  const describeWhenReady = async (over: AbortSignal): Promise<Description> => {
    const latest = clock.now() + startWithinMs
    while (!(await isReady(over))) {
      over.throwIfAborted()
      if (clock.now() > latest) throw new Error(`Not ready after ${startWithinMs / 1_000} s`)
      await sleep(clock, readinessEveryMs, over)
    }
    return describeFunction(ask, { url, token }, over)
  }

  const becomesReady = async ({ pid }: ChildProcess, over: AbortSignal): Promise<boolean> => {
    try {
      const description = await describeWhenReady(over)
      log.info({ step, observes: description.observes, url, process: pid }, 'Step is ready')
      onReady(description)
      return true
    } catch (error) {
      if (!over.aborted) log.error({ step, err: error }, 'Step process is of no use')
      return false
    }
  }

  const terminate = async (child: ChildProcess, ended: AbortSignal, stopping: AbortSignal) => {
    child.kill('SIGTERM')
    await sleep(clock, renewDrainMs, AbortSignal.any([ended, stopping]))
    await sleep(clock, stopDrainMs, ended)
    if (!ended.aborted) child.kill('SIGKILL')
    await fired(ended)
  }

  /** One process from start to end. Answers whether it was ready in between. */
  const live = async (interrupted: AbortSignal, stopping: AbortSignal): Promise<boolean> => {
    const child = start()
    const lastErrors = followOutput(child)
    const end = new AbortController()
    const exit = exitOf(child).finally(() => end.abort())

    const wasReady = await becomesReady(child, AbortSignal.any([interrupted, end.signal]))
    if (wasReady) await Promise.race([exit, fired(interrupted)])
    if (!end.signal.aborted) await terminate(child, end.signal, stopping)
    if (interrupted.aborted) return wasReady

    log.error({ step, exit: await exit, stderr: lastErrors() }, 'Step process ended')
    onDeath()
    return wasReady
  }

  return {
    url,

    restart() {
      renewal.abort()
    },

    async run(signal) {
      let deaths = 0
      while (!signal.aborted) {
        renewal = new AbortController()
        const interrupted = AbortSignal.any([signal, renewal.signal])
        const wasReady = await live(interrupted, signal)
        deaths = wasReady ? 1 : deaths + 1
        if (!interrupted.aborted) await sleep(clock, restartDelayMs(deaths), interrupted)
        if (interrupted.aborted) deaths = 0
      }
    },
  }
}
