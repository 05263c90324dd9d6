import { CoreError } from '../errors.ts'
import type { Caller } from '../store/port.ts'

/**
 * Throws PERMISSION_DENIED unless the caller may read and write records. Access policies of models are not
 * evaluated; administrators pass every policy of the core models, so theirs is the access that is safe to give.
 */
export const requireAccess = (caller: Caller): void => {
  if (caller.isAdmin) return
  throw new CoreError(
    'PERMISSION_DENIED',
    `User ${caller.email} may not read or write records: only administrators may. Ask an administrator to make the change, or to set is_admin on the user`,
  )
}
