import type { Fields } from '#contract'
import type { ModelBlank } from '../model-types.ts'

/**
 * A record for a test: the given fields, and for the others what a new record has: the default of the model, else an
 * empty text, 0 or false. Its id is 1 unless it is given, and so is that of each record that it has to link to.
 *
 * @param model one of those that `models/types.ts` exports
 * @example
 * const { outcome } = await runStep(syncColor, record(Color, { name: 'red' }))
 */
export const record = <Known extends object>(
  model: ModelBlank<Known>,
  fields: NoInfer<Partial<Known>> = {},
): Known & Fields => ({ ...model.blank, ...fields })
