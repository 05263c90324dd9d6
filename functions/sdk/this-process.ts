import { randomUUID } from 'node:crypto'
import process from 'node:process'
import type { Clock, CoreAccess } from '#contract'
import type { CoreOptions } from './call-context.ts'
import { jsonLog } from './json-log.ts'
import type { Log } from './log.ts'

/** Timers end at 2^31 - 1 ms; beyond it they would fire at once. */
const longestTimerMs = 2 ** 31 - 1

/** The time of this process. */
export const processClock: Clock = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, longestTimerMs))
    return () => clearTimeout(timer)
  },
}

export const writeLine = (line: string): void => {
  process.stdout.write(line)
}

/** Lines of JSON on the standard output of this process. */
export const processLog: Log = jsonLog(writeLine, 'info', processClock)

/** How steps of this process reach the core: with what a call brings, or else with that access, if there is one. */
export const processCore = (access?: CoreAccess): CoreOptions => ({
  fetch,
  newKey: randomUUID,
  access,
})
