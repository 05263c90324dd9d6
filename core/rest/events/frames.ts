import type { Clock } from '#contract'
import { CoreError } from '../../errors.ts'
import { createBell } from '../../events/bell.ts'
import type { ChangeLog, Changes, RecordChange } from '../../store/port.ts'

/** What a stream of events is made of. */
export type Watch = {
  readonly log: ChangeLog
  /** Calls the listener after something may have happened. Answers how to stop. */
  readonly onChange: (listener: () => void) => () => void
  readonly clock: Pick<Clock, 'after'>
  readonly models: readonly string[] | undefined
  /** Where the client left off; undefined for now. */
  readonly after: string | undefined
  /** A change as one line of text. */
  readonly print: (change: RecordChange) => string
  /** Ends the stream. */
  readonly signal: AbortSignal
}

const changesAtOnce = 100
/** Proxies and clients give a silent connection up after a minute or so. */
const heartbeatMs = 15_000
/** Some transaction is about to end, and nobody can tell when. */
const unsettledMs = 200
const reconnectMs = 1000

type Frame = { readonly id: string; readonly event?: string; readonly data?: string }

const frameText = ({ id, event, data }: Frame): string =>
  [
    ...(event === undefined ? [] : [`event: ${event}`]),
    `id: ${id}`,
    ...(data === undefined ? [] : [`data: ${data}`]),
    '\n',
  ].join('\n')

const placeText = (event: 'ready' | 'reset', position: string): string =>
  frameText({ id: position, event, data: JSON.stringify({ position }) })

/** The changes after a place; `reset` when they are no longer kept, and then none, from now on. */
const read = async (
  { log, models }: Watch,
  after: string,
): Promise<Changes & { readonly isReset: boolean }> => {
  try {
    const question = { after, limit: changesAtOnce, ...(models === undefined ? {} : { models }) }
    return { ...(await log.changes(question)), isReset: false }
  } catch (thrown) {
    if (!(thrown instanceof CoreError) || thrown.code !== 'GONE') throw thrown
    const position = await log.position()
    return { changes: [], position, more: true, unsettled: false, isReset: true }
  }
}

async function* framesFrom(watch: Watch, start: string, first: Changes & { isReset: boolean }) {
  const bell = createBell(watch)
  try {
    yield `retry: ${reconnectMs}\n${placeText('ready', start)}`
    let found = first
    while (!watch.signal.aborted) {
      if (found.isReset) yield placeText('reset', found.position)
      for (const change of found.changes) {
        yield frameText({ id: change.position, data: watch.print(change) })
      }
      if (!found.more) {
        // No event, but a place: who has not been told of anything for long can go on from here.
        if (found.changes.length === 0) yield frameText({ id: found.position })
        await bell.wait(found.unsettled ? unsettledMs : heartbeatMs)
      }
      found = await read(watch, found.position)
    }
  } finally {
    bell.stop()
  }
}

/**
 * Server-sent events: `ready` with the place it begins at, then one event for each change, and `reset` where changes
 * are missing because they are no longer kept. Each carries the place to go on from as its id. What is wrong with the
 * question rejects this, not the stream.
 */
export const openFrames = async (watch: Watch): Promise<AsyncGenerator<string>> => {
  const start = watch.after ?? (await watch.log.position())
  return framesFrom(watch, start, await read(watch, start))
}
