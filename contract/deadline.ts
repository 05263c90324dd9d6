import { timeOf } from './attributes.ts'
import type { CloudEvent } from './event.ts'

/**
 * When nobody waits for the answer any more, in milliseconds since 1970: `expirytime` of the event. Undefined when its
 * sender waits for ever. Throws ContractError when it is no time.
 */
export const deadlineOf = ({ extensions }: CloudEvent): number | undefined => {
  const expiry = extensions['expirytime']
  return expiry === undefined ? undefined : timeOf('expirytime', expiry)
}
