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
      time: 1_795_340_477_467,
      deadline: 4_102_444_800_000,
      mode,
    },
  )
