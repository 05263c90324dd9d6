import { expect, test } from 'vitest'
import { completionAddress } from '../../emulator/completion-address.ts'

const path = '/xosapi/v1/completions/'

test.each([
  ['own', '127.0.0.1', `http://127.0.0.1:30006${path}`],
  ['own', '0.0.0.0', `http://127.0.0.1:30006${path}`],
  ['own', '::', `http://[::1]:30006${path}`],
  ['own', '::1', `http://[::1]:30006${path}`],
  [new URL('https://core.test'), '0.0.0.0', `https://core.test${path}`],
  [new URL('https://core.test/syncstep/'), '0.0.0.0', `https://core.test/syncstep${path}`],
  [undefined, '127.0.0.1', undefined],
] as const)(
  'with the public URL %s a core on %s is completed at %s',
  (publicUrl, host, address) => {
    expect(completionAddress({ publicUrl, host }, 30006)).toBe(address)
  },
)

test('calls that are leased before the core listens cannot be completed', () => {
  expect(completionAddress({ publicUrl: 'own', host: '::' }, undefined)).toBeUndefined()
})
