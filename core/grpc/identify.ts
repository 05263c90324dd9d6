import type { Metadata } from '@grpc/grpc-js'
import { traceparentFrom } from '#contract'
import type { Authenticator } from '../access/authenticate.ts'
import { CoreError } from '../errors.ts'
import type { Caller } from '../store/port.ts'

type Check = (value: string, address: string) => Promise<Caller>

const isBasic = /^basic /i
const isBearer = /^bearer /i

/** How a credential is checked; undefined for metadata that is none, or none that is known here. */
const checkOf = (authenticator: Authenticator, key: string, value: string): Check | undefined => {
  if (key === 'x-xossession') return (id) => authenticator.session(id)
  if (key !== 'authorization') return undefined
  if (isBasic.test(value)) return (header, from) => authenticator.basic(header, from)
  return isBearer.test(value) ? (header, from) => authenticator.bearer(header, from) : undefined
}

/**
 * Who calls: the first credential in the metadata that can be one decides (reference core-api.md 1.9). Rejects with
 * NOT_AUTHENTICATED when there is none, and with PERMISSION_DENIED when it is wrong.
 */
export const identify = async (
  authenticator: Authenticator,
  metadata: Metadata,
  address: string,
): Promise<Caller> => {
  for (const key of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(key).map(String)) {
      const check = checkOf(authenticator, key, value)
      if (check === undefined) continue
      const traceparent = traceparentFrom(metadata.get('traceparent')[0])
      return { ...(await check(value, address)), face: 'grpc', traceparent }
    }
  }
  throw new CoreError(
    'NOT_AUTHENTICATED',
    'This API requires authentication: send metadata authorization (Basic or Bearer), or x-xossession with a session id from xos.utility/Login',
  )
}
