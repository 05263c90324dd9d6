import { setIn, valueIn, type Draft } from './draft.ts'

/** An operation is found by its uuid, even after a restore gave it another id. */
export const prepareBackupOperation = (draft: Draft): void => {
  const uuid = valueIn(draft, 'uuid')
  if (uuid === null || uuid === '') setIn(draft, 'uuid', draft.context.randomUuid())
}
