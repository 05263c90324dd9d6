import { createHmac, timingSafeEqual } from 'node:crypto'

/** How far the clocks of both ends may be apart, and how long a call may travel. */
const toleranceMs = 300_000

const prefix = 'whsec_'

/** A key of Standard Webhooks: 24 to 64 bytes in base64, `whsec_` before them. Throws TypeError, which tells none of it. */
const keyOf = (secret: string): Buffer => {
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : secret
  const key = Buffer.from(text, 'base64')
  const isBase64 = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  if (isBase64 && key.length >= 24 && key.length <= 64) return key
  throw new TypeError(
    'Expected a secret of 24 to 64 bytes in base64, such as `openssl rand -base64 32` prints',
  )
}

const signatureOf = (
  key: Buffer,
  id: string,
  timestamp: string,
  body: Uint8Array | string,
): string => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')

export type SignedMessage = {
  /** Without a dot, which ends it in what is signed. */
  readonly id: string
  readonly body: Uint8Array | string
}

/** Makes the headers that prove who sent a message (Standard Webhooks 1.0). `now` is in milliseconds since 1970. */
export type Signer = (message: SignedMessage, now: number) => Readonly<Record<string, string>>

/** @throws TypeError when the secret is none. */
export const createSigner = (secret: string): Signer => {
  const key = keyOf(secret)
  return ({ id, body }, now) => {
    const timestamp = String(Math.floor(now / 1000))
    return {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signatureOf(key, id, timestamp, body)}`,
    }
  }
}

export type Signature = {
  readonly id: string
  readonly timestamp: string
  /** Several, with spaces between them, while the sender goes from one secret to the next. */
  readonly signatures: string
}

const isRecent = (timestamp: string, now: number): boolean =>
  /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) * 1000 - now) <= toleranceMs

const isSame = (given: string, expected: string): boolean =>
  given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))

/** Whether a message was signed with one of the secrets within the last five minutes. */
export type Verifier = (
  signature: Signature,
  body: Uint8Array | string,
  /** Milliseconds since 1970. */
  now: number,
) => boolean

/** @throws TypeError when one of the secrets is none. */
export const createVerifier = (secrets: readonly string[]): Verifier => {
  const keys = secrets.map(keyOf)
  return ({ id, timestamp, signatures }, body, now) => {
    if (id === '' || id.includes('.') || !isRecent(timestamp, now)) return false
    const given = signatures.split(' ').filter((text) => /^v1,[A-Za-z0-9+/]{43}=$/.test(text))
    return keys.some((key) => {
      const expected = `v1,${signatureOf(key, id, timestamp, body)}`
      return given.some((text) => isSame(text, expected))
    })
  }
}
