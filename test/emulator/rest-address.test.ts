import { expect, test } from 'vitest'
import { restAddress } from '../../emulator/rest-address.ts'

test.each([
  ['own', '127.0.0.1', 'http://127.0.0.1:30006'],
  ['own', '0.0.0.0', 'http://127.0.0.1:30006'],
  ['own', '::', 'http://[::1]:30006'],
  ['own', '::1', 'http://[::1]:30006'],
  [new URL('https://core.test'), '0.0.0.0', 'https://core.test'],
  [new URL('https://core.test/syncstep/'), '0.0.0.0', 'https://core.test/syncstep'],
  [undefined, '127.0.0.1', undefined],
] as const)(
  'with the public URL %s functions reach a core on %s at %s',
  (publicUrl, host, address) => {
    expect(restAddress({ publicUrl, host }, 30006)).toBe(address)
  },
)

test('functions do not reach a core that does not listen yet', () => {
  expect(restAddress({ publicUrl: 'own', host: '::' }, undefined)).toBeUndefined()
})
