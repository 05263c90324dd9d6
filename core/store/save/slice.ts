import { CoreError } from '../../errors.ts'
import { setIn, valueIn, type Draft } from './draft.ts'
import { fillCreator } from './service-instance.ts'

/** Only an administrator gives a slice to somebody else. */
const keepCreator = (draft: Draft): void => {
  const { before, context } = draft
  if (before === undefined || context.caller.isAdmin) return
  if (valueIn(draft, 'creator_id') === (before.fields['creator_id'] ?? null)) return
  throw new CoreError(
    'PERMISSION_DENIED',
    `Only an administrator may change the creator of Slice ${before.id}`,
    { creator_id: 'only an administrator may change it' },
  )
}

export const prepareSlice = (draft: Draft): void => {
  fillCreator(draft)
  keepCreator(draft)
  // What older clients call the default.
  if (valueIn(draft, 'network') === 'Private Only') setIn(draft, 'network', null)
}
