import { Readable } from 'node:stream'
import type { Clock } from '#contract'
import { CoreError } from '../../errors.ts'
import type { Caller } from '../../store/port.ts'

export type StreamLimits = {
  readonly all: number
  readonly ofOneCaller: number
  /** Who connects again shows again who they are, and that they still may. */
  readonly lifetimeMs: number
  /** A client that takes nothing for so long is cut off. */
  readonly stalledMs: number
}

export const streamLimits: StreamLimits = {
  all: 200,
  ofOneCaller: 20,
  lifetimeMs: 600_000,
  stalledMs: 60_000,
}

type Open = { readonly userId: number; readonly ending: AbortController }

/** Cuts the client off when it leaves a frame untaken for too long. */
async function* untilStalled(
  frames: AsyncIterable<string>,
  clock: Pick<Clock, 'after'>,
  ms: number,
  cut: () => void,
): AsyncGenerator<string> {
  for await (const frame of frames) {
    const cancel = clock.after(ms, cut)
    try {
      yield frame
    } finally {
      cancel()
    }
  }
}

/** The streams that are open at a time. */
export type Streams = {
  /**
   * Throws TOO_MANY_REQUESTS when there are too many, of this caller or of all. To be told with `end` when the client
   * has gone.
   */
  open(
    caller: Caller,
    framesOf: (signal: AbortSignal) => Promise<AsyncIterable<string>>,
  ): Promise<{ readonly stream: Readable; readonly end: () => void }>
  /** Ends them all. */
  end(): void
}

export const createStreams = (clock: Pick<Clock, 'after'>, limits: StreamLimits): Streams => {
  const streams = new Set<Open>()

  const enter = ({ userId }: Caller): Open => {
    const own = [...streams].filter((stream) => stream.userId === userId).length
    if (streams.size >= limits.all || own >= limits.ofOneCaller) {
      throw new CoreError(
        'TOO_MANY_REQUESTS',
        `Expected at most ${limits.ofOneCaller} streams of one user and ${limits.all} of all; close one first`,
      )
    }
    const stream = { userId, ending: new AbortController() }
    streams.add(stream)
    return stream
  }

  return {
    async open(caller, framesOf) {
      const entered = enter(caller)
      const { ending } = entered
      const cancel = clock.after(limits.lifetimeMs, () => ending.abort())
      const leave = (): void => {
        cancel()
        ending.abort()
        streams.delete(entered)
      }
      try {
        const frames = await framesOf(ending.signal)
        const cut = (): void => void readable.destroy()
        const watched = untilStalled(frames, clock, limits.stalledMs, cut)
        const readable = Readable.from(watched, { objectMode: false })
        return { stream: readable.once('close', leave), end: leave }
      } catch (thrown) {
        leave()
        throw thrown
      }
    },
    end() {
      for (const { ending } of streams) ending.abort()
    },
  }
}
