import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs } from '../bench/monotonic.ts'
import type { Program } from '../e2e/program.ts'

/** One run of a process, from its start to its end. */
export type Life = {
  /** `dispatcher-2.3`: the third one. */
  readonly name: string
  readonly program: Program
  killedMs?: number
  /** When it stood still, and went on. */
  readonly stills: { readonly fromMs: number; readonly toMs: number }[]
  /** Its exit status or signal, once it has ended. */
  ended?: number | string
}

export type Kind = 'core' | 'dispatcher' | 'function'

/** A process that is started again whenever it was killed. */
export type Lives = {
  readonly kind: Kind
  readonly all: readonly Life[]
  readonly isUp: boolean
  start(): Promise<void>
  /** With SIGKILL, as part of the test. Resolves when it has ended. */
  kill(): Promise<void>
  /** It does nothing for so long, and then goes on as if no time had passed. */
  standStill(ms: number): Promise<void>
  /** For good, when the test is over. */
  stop(): Promise<void>
}

/** @param run starts it, given the name of this run; resolves when it is up */
export const createLives = (
  kind: Kind,
  name: string,
  run: (life: string) => Promise<Program>,
): Lives => {
  const all: Life[] = []
  let isUp = false
  let starting = Promise.resolve()

  const begin = async (): Promise<void> => {
    const lifeName = `${name}.${all.length + 1}`
    const life: Life = { name: lifeName, program: await run(lifeName), stills: [] }
    all.push(life)
    isUp = true
    void life.program.exit.then((ended) => (life.ended = ended))
  }

  return {
    kind,
    all,
    get isUp() {
      return isUp
    },
    start() {
      starting = begin()
      return starting
    },
    async kill() {
      const life = all.at(-1)
      if (life === undefined || !isUp) return
      isUp = false
      life.killedMs = monotonicMs()
      life.program.kill('SIGKILL')
      await life.program.exit
    },
    async standStill(ms) {
      const life = all.at(-1)
      if (life === undefined || !isUp) return
      isUp = false
      const fromMs = monotonicMs()
      life.program.kill('SIGSTOP')
      await sleep(ms)
      life.stills.push({ fromMs, toMs: monotonicMs() })
      life.program.kill('SIGCONT')
      isUp = true
    },
    async stop() {
      await starting.catch(() => undefined)
      for (const { program } of all) program.kill('SIGKILL')
      await Promise.all(all.map(({ program }) => program.exit))
    },
  }
}
