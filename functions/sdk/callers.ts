import { createHash, timingSafeEqual } from 'node:crypto'
import { createVerifier, type Clock } from '#contract'
import type { Incoming } from './incoming.ts'

/**
 * Who may call a function: whoever shows one of the tokens (`Authorization: Bearer`), or signs with one of the secrets
 * (Standard Webhooks). Several are good at once, so that callers can go from one to the next. `anyone` is for
 * development, and for where another server has let the caller in.
 */
export type Callers =
  | 'anyone'
  | {
      readonly tokens?: readonly string[]
      /** 24 to 64 bytes in base64, with or without `whsec_` before them. */
      readonly secrets?: readonly string[]
    }

/** Whether a request is let in; what has to see its body is a function of that. */
export type Admission = boolean | ((body: Uint8Array) => boolean)

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares digests, so that neither the time nor the length tells anything about the tokens. */
const tokenCheck = (tokens: readonly string[]): ((incoming: Incoming) => boolean) => {
  if (tokens.includes('')) throw new TypeError('Expected the token of a function not to be empty')
  const expected = tokens.map(digest)
  return (incoming) => {
    const given = /^Bearer +(.*)$/i.exec(incoming.header('authorization') ?? '')?.[1]
    if (given === undefined) return false
    const came = digest(given)
    return expected.some((token) => timingSafeEqual(came, token))
  }
}

/**
 * Throws TypeError when nobody could call, or a token or secret is none.
 */
export const createAdmission = (
  callers: Callers,
  clock: Clock,
): ((incoming: Incoming) => Admission) => {
  if (callers === 'anyone') return () => true
  const { tokens = [], secrets = [] } = callers
  if (tokens.length + secrets.length === 0) {
    throw new TypeError("Expected tokens or secrets of callers, or 'anyone'")
  }
  const hasToken = tokenCheck(tokens)
  const verify = createVerifier(secrets)

  return (incoming) => {
    if (hasToken(incoming)) return true
    const signatures = incoming.header('webhook-signature')
    if (signatures === undefined || secrets.length === 0) return false
    const id = incoming.header('webhook-id') ?? ''
    const timestamp = incoming.header('webhook-timestamp') ?? ''
    return (body) => verify({ id, timestamp, signatures }, body, clock.now())
  }
}
