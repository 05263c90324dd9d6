import type { ServingSettings } from './settings.ts'

/** There are more requests than may wait. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull'
}

export type QueueSettings = Pick<ServingSettings, 'containerConcurrency' | 'targetBurstCapacity'>

/** Requests on their way to the processes of one step, each known by its port. */
export type RequestQueue = {
  /** From now on the process gets requests. */
  open(port: number): void
  /** It gets no more. Resolves when those it has are done. */
  close(port: number): Promise<void>
  /**
   * Waits for a turn, in order. Answers the port; the turn has to be given back.
   *
   * @throws QueueFull when too many wait; else the signal's reason, once it fires.
   */
  take(signal: AbortSignal): Promise<number>
  giveBack(port: number): void
  /** Requests that the process has. */
  load(port: number): number
  /**
   * Whether those that wait are held by Knative's activator, which has a long queue before all processes, rather than
   * by the queue-proxy of each, whose queue is short.
   */
  isHeldBack(): boolean
}

type Process = { running: number; isOpen: boolean; whenDone: () => void }

/** Of the activator, for one revision. */
const longestHeld = 10_000
/** Of a queue-proxy, for each request that its process may have at once. */
const waitingPerRunning = 10

export const createRequestQueue = ({
  containerConcurrency,
  targetBurstCapacity,
}: QueueSettings): RequestQueue => {
  const limit = containerConcurrency === 0 ? Infinity : containerConcurrency
  const processes = new Map<number, Process>()
  const waiting = new Set<(port: number) => void>()
  let running = 0

  const openOnes = (): readonly [number, Process][] =>
    [...processes].filter(([, { isOpen }]) => isOpen)

  const isHeldBack = (): boolean => {
    const ready = openOnes().length
    if (ready === 0 || targetBurstCapacity === -1) return true
    const spare = ready * limit - targetBurstCapacity - running - waiting.size
    return targetBurstCapacity > 0 && spare < 0
  }

  const longest = (): number =>
    isHeldBack() ? longestHeld : openOnes().length * limit * waitingPerRunning

  /** The one with the fewest requests, when it may have one more. */
  const freest = (): [number, Process] | undefined => {
    let best: [number, Process] | undefined
    for (const entry of processes) {
      const [, { isOpen, running }] = entry
      if (isOpen && running < Math.min(limit, best?.[1].running ?? Infinity)) best = entry
    }
    return best
  }

  const begin = ([port, process]: [number, Process]): number => {
    process.running += 1
    running += 1
    return port
  }

  const letWaitingIn = (): void => {
    for (const enter of waiting) {
      const free = freest()
      if (free === undefined) return
      waiting.delete(enter)
      enter(begin(free))
    }
  }

  const waitForTurn = (signal: AbortSignal): Promise<number> =>
    new Promise((resolve, reject) => {
      const enter = (port: number): void => {
        signal.removeEventListener('abort', leave)
        resolve(port)
      }
      const leave = (): void => {
        waiting.delete(enter)
        reject(signal.reason as Error)
      }
      waiting.add(enter)
      signal.addEventListener('abort', leave, { once: true })
    })

  return {
    isHeldBack,

    open(port) {
      processes.set(port, { running: 0, isOpen: true, whenDone: () => undefined })
      letWaitingIn()
    },

    async close(port) {
      const process = processes.get(port)
      if (process === undefined) return
      process.isOpen = false
      if (process.running > 0) {
        await new Promise<void>((resolve) => (process.whenDone = resolve))
      }
      processes.delete(port)
    },

    async take(signal) {
      signal.throwIfAborted()
      const free = freest()
      if (free !== undefined) return begin(free)
      if (waiting.size >= longest()) throw new QueueFull('pending request queue full')
      return waitForTurn(signal)
    },

    giveBack(port) {
      const process = processes.get(port)
      if (process === undefined) return
      process.running -= 1
      running -= 1
      if (process.running === 0) process.whenDone()
      letWaitingIn()
    },

    load: (port) => processes.get(port)?.running ?? 0,
  }
}
