import { encodeChange } from '#contract'
import type { Message } from './post.ts'

/** A change of about 400 bytes, as the dispatcher posts it. */
export const sampleMessage = (mode: 'binary' | 'structured'): Message =>
  encodeChange(
    {
      operation: 'sync',
      model: 'Item',
      record: { id: 7, name: 'item-7', note: 'x'.repeat(240), backend_code: 0 },
      expanded: {},
      stamp: 1_795_340_477_467_000,
      attempt: 1,
    },
    {
      source: '/synchronizers/bench',
      time: Date.now(),
      // Long enough for a whole bench, short enough for one timer.
      deadline: Date.now() + 3_600_000,
      mode,
    },
  )
