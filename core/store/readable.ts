import { readableText, type Report } from '#contract'

/** One text that the database cannot store must not keep the rest of a batch from being written. */
export const readable = (outcome: Report['outcome']): Report['outcome'] => {
  if ('text' in outcome) return { ...outcome, text: readableText(outcome.text) }
  if (outcome.kind !== 'synced' || outcome.note === undefined) return outcome
  return { ...outcome, note: readableText(outcome.note) }
}
