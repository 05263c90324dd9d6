import process from 'node:process'
import type { Clock } from '#contract'
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
