import { describe, expect, test } from 'vitest'
import { createProof, createVerifier, credentialsFrom } from '#contract'

const secret = Buffer.alloc(32, 7).toString('base64')
const now = Date.UTC(2026, 0, 31, 12)

test('a caller shows the first token and the first secret, while functions know the next ones already', () => {
  const environment = {
    SYNCSTEP_FUNCTION_TOKEN: ' old, new',
    SYNCSTEP_FUNCTION_SECRET: `${secret} ${Buffer.alloc(32, 8).toString('base64')}`,
  }
  expect(credentialsFrom(environment)).toEqual({ token: 'old', secret })
  expect(credentialsFrom({ SYNCSTEP_FUNCTION_TOKEN: ' ' })).toEqual({})
})

describe('a proof', () => {
  test('is empty without credentials, and a bearer token with one', () => {
    const message = { id: 'Color/7@5/sync', body: '{}' }
    expect(createProof({})(message, now)).toEqual({})
    expect(createProof({ token: 't' })(message, now)).toEqual({ authorization: 'Bearer t' })
  })

  test.each(['Color/7@5/sync', 'events.example.com/a.b', 'größe 1', ''])(
    'signs a message with the id %j so that who knows the secret believes it',
    (id) => {
      const body = '{"a":"ü"}'
      const headers = createProof({ secret })({ id, body }, now)
      const signature = {
        id: headers['webhook-id'] ?? '',
        timestamp: headers['webhook-timestamp'] ?? '',
        signatures: headers['webhook-signature'] ?? '',
      }
      const verify = createVerifier([secret])
      expect(verify(signature, body, now)).toBe(id !== '')
      expect(verify(signature, `${body} `, now)).toBe(false)
      expect(signature.id).toMatch(/^[\x21-\x7e]*$/)
    },
  )

  test('is not made with a secret that is none, which is not told', () => {
    expect(() => createProof({ secret: 'hush' })).toThrow(/^(?!.*hush).*24 to 64 bytes in base64/)
  })
})
