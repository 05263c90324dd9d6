import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashOfNobody, hashPassword, verifyPassword } from '../../../core/access/password.ts'

test('a password fits its own hash and no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (right, wrong) => {
      const hash = await hashPassword(right)
      expect(hash).toMatch(/^scrypt\$15\$8\$1\$[\w+/=]{24}\$[\w+/=]{44}$/)
      expect(await verifyPassword(right, hash)).toBe(true)
      expect(await verifyPassword(wrong, hash)).toBe(right === wrong)
    }),
    {
      numRuns: 5,
      examples: [
        ['letmein', 'letmeIn'],
        ['a:b', 'a'],
        ['пароль', 'пароль '],
      ],
    },
  )
})

test('the same password has another hash each time', async () => {
  expect(await hashPassword('x')).not.toBe(await hashPassword('x'))
})

test('a password that is too long is refused, and fits nothing', async () => {
  await expect(hashPassword('x'.repeat(1025))).rejects.toMatchObject({ code: 'VALIDATION' })
  expect(await verifyPassword('x'.repeat(1025), await hashPassword('x'.repeat(1024)))).toBe(false)
})

test.each(['', 'letmein', 'scrypt$15$8$1$$', hashOfNobody, hashOfNobody.replace('$15$', '$29$')])(
  'nothing fits %j',
  async (hash) => {
    expect(await verifyPassword('', hash)).toBe(false)
    expect(await verifyPassword('letmein', hash)).toBe(false)
  },
)

test('a text that is no hash is refused after the work of one that is', async () => {
  let isSettled = false
  const refused = verifyPassword('letmein', '!').finally(() => (isSettled = true))
  // What needs no work is known before the event loop turns.
  await new Promise((resolve) => process.nextTick(resolve))
  expect(isSettled).toBe(false)
  expect(await refused).toBe(false)
})
