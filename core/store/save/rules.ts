import type { Field, Model } from '#xproto'
import { CoreError } from '../../errors.ts'
import { validatorFailures } from '../access.ts'
import { isColumn, type RecordRow } from '../row.ts'
import type { WriteContext } from './draft.ts'

/**
 * Throws VALIDATION when a record, as it stands in the store now, fails validators of its model. A save that changes
 * no field of the model itself, such as a status, is not asked: it must be written whatever has become of the rest.
 */
export const checkRules = async (
  context: WriteContext,
  model: Model,
  row: RecordRow,
  changed: readonly Field[],
): Promise<void> => {
  if (model.validators.length === 0 || changed.every(({ name }) => isColumn(name))) return
  const messages = await validatorFailures(context, row)
  if (messages.length > 0) throw new CoreError('VALIDATION', messages.join('; '))
}
