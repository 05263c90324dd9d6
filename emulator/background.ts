import { openSink, startHousekeeping, startPublisher, type Store } from '#core'
import type { Closers } from './closers.ts'
import type { CoreSettings } from './core-settings.ts'

/** Records whose events are under way at once. */
const concurrency = 16

/**
 * What the core does by itself: it forgets what is too old, and brings changes to the sink where there is one.
 * Answers how many milliseconds behind the sink is.
 */
export const startBackground = (
  { sink, retention, clock, random, randomBytes, log }: CoreSettings,
  store: Store,
  closers: Closers,
): (() => number) => {
  const housekeeping = startHousekeeping({ store, clock, log, retention })
  closers.add('housekeeping', () => housekeeping.close())
  if (sink === undefined) return () => 0
  const opened = openSink(sink.url, concurrency)
  closers.add('sink', () => opened.close())
  const publisher = startPublisher({
    store,
    deliver: opened.deliver,
    clock,
    random,
    log,
    owner: Buffer.from(randomBytes(16)).toString('hex'),
    source: '/core',
    extensions: sink.extensions,
    concurrency,
  })
  closers.add('publisher', () => publisher.close())
  return () => publisher.lagMs()
}
