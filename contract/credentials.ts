import { encodeHeaderValue } from './header-value.ts'
import { createSigner, type SignedMessage } from './signature.ts'

/** How a caller shows functions who it is: by a token, by signatures, or by both. */
export type Credentials = {
  /** Sent as bearer token. */
  readonly token?: string | undefined
  /** Signs what is sent; see {@link createSigner}. */
  readonly secret?: string | undefined
}

/** The headers that show who sent a message. `now` is in milliseconds since 1970. */
export type Proof = (message: SignedMessage, now: number) => Readonly<Record<string, string>>

/** What a dot would end in a signature, and what no header may hold. */
const signable = (id: string): string => encodeHeaderValue(id).replaceAll('.', '%2E')

/** @throws TypeError when the secret is none, which it tells nothing of. */
export const createProof = ({ token, secret }: Credentials): Proof => {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  if (secret === undefined) return () => authorization
  const sign = createSigner(secret)
  return ({ id, body }, now) => ({ ...authorization, ...sign({ id: signable(id), body }, now) })
}

/** Tokens or secrets in a text, with spaces or commas between them. */
export const credentialsIn = (text: string | undefined): readonly string[] =>
  (text ?? '').split(/[\s,]+/).filter((word) => word !== '')

/**
 * Those of a caller, from SYNCSTEP_FUNCTION_TOKEN and SYNCSTEP_FUNCTION_SECRET. A function may know several of each while
 * they are changed; its callers show the first.
 */
export const credentialsFrom = (
  environment: Readonly<Record<string, string | undefined>>,
): Credentials => ({
  token: credentialsIn(environment['SYNCSTEP_FUNCTION_TOKEN'])[0],
  secret: credentialsIn(environment['SYNCSTEP_FUNCTION_SECRET'])[0],
})
