import { describe, expect, test } from 'vitest'
import { createSigner, createVerifier, type Signature } from '#contract'

const now = Date.UTC(2026, 0, 31, 12)
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const other = `whsec_${Buffer.alloc(32, 2).toString('base64')}`
const message = { id: 'Color/7@5/sync', body: '{"a":"ä"}' }

const signed = (by = secret, at = now): Signature => {
  const headers = createSigner(by)(message, at)
  return {
    id: headers['webhook-id'] ?? '',
    timestamp: headers['webhook-timestamp'] ?? '',
    signatures: headers['webhook-signature'] ?? '',
  }
}

test('a message is signed as Standard Webhooks has it', () => {
  // The example of its libraries.
  const sign = createSigner('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
  const body = '{"test": 2432232314}'
  expect(sign({ id, body }, 1_614_265_330_000)).toEqual({
    'webhook-id': id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

describe('a signature is good', () => {
  const verify = createVerifier([other, secret])

  test.each<[string, Signature]>([
    ['with the newer secret', signed(other)],
    ['with the older secret', signed(secret)],
    ['five minutes later', signed(secret, now - 300_000)],
    ['of a clock five minutes ahead', signed(secret, now + 300_000)],
    [
      'among others',
      { ...signed(), signatures: `v1a,x v1,${'A'.repeat(43)}= ${signed().signatures}` },
    ],
  ])('%s', (_, signature) => {
    expect(verify(signature, message.body, now)).toBe(true)
    expect(verify(signature, Buffer.from(message.body), now)).toBe(true)
  })
})

describe('a signature is refused', () => {
  const verify = createVerifier([secret])

  test.each<[string, Signature, string]>([
    ['of another secret', signed(other), message.body],
    ['of another body', signed(), '{}'],
    ['of another id', { ...signed(), id: 'Color/8@5/sync' }, message.body],
    ['of another moment', { ...signed(), timestamp: String(now / 1000 - 1) }, message.body],
    ['that is too old', signed(secret, now - 301_000), message.body],
    ['from the future', signed(secret, now + 301_000), message.body],
    ['without an id', { ...signed(), id: '' }, message.body],
    ['without a time', { ...signed(), timestamp: '' }, message.body],
    ['that is empty', { ...signed(), signatures: '' }, message.body],
    [
      'of another version',
      { ...signed(), signatures: signed().signatures.replace('v1', 'v2') },
      message.body,
    ],
  ])('%s', (_, signature, body) => {
    expect(verify(signature, body, now)).toBe(false)
  })

  test('whose id and time were cut elsewhere', () => {
    const { id, timestamp, signatures } = signed()
    const body = `${timestamp}.${message.body}`
    const moved = { id: `${id}.${timestamp}`, timestamp, signatures }
    expect(verify(moved, body, now)).toBe(false)
  })
})

test.each(['', 'whsec_', 'c2hvcnQ=', 'not base64, but long enough for a secret'])(
  'the secret %j is refused, and not told',
  (text) => {
    expect(() => createSigner(text)).toThrow(/Expected a secret of 24 to 64 bytes in base64/)
    expect(() => createVerifier([text])).toThrow(TypeError)
  },
)
