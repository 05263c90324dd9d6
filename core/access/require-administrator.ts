import { CoreError } from '../errors.ts'
import type { Caller } from '../store/caller.ts'

/**
 * Throws PERMISSION_DENIED unless the caller is an administrator who logged in: for what no policy of a model decides.
 *
 * @param what as the end of `may not ...`: `load models`
 */
export const requireAdministrator = ({ email, isAdmin, step }: Caller, what: string): void => {
  if (isAdmin && step === undefined) return
  const who = step === undefined ? `User ${email}` : `The token of step ${step}`
  throw new CoreError(
    'PERMISSION_DENIED',
    `${who} may not ${what}: only an administrator who logged in may`,
  )
}
