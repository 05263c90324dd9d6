import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyRecords } from '../../../core/admin/apply-records.ts'
import { administrator, openTestStore, type TestStore } from '../../support/store.ts'

let under: TestStore
beforeAll(async () => {
  under = await openTestStore()
})
afterAll(() => under.core.close())

const site = (name: string): object => ({
  model: 'Site',
  name,
  abbreviated_name: name,
  login_base: name,
  site_url: 'http://example.org/',
})

const apply = async (text: string) => applyRecords(under.store, text, administrator)

test('what was described is created once and then updated', async () => {
  const text = JSON.stringify([site('a'), site('b')])
  expect(await apply(text)).toEqual([
    { name: 'Site/2', action: 'created' },
    { name: 'Site/3', action: 'created' },
  ])
  expect(await apply(text)).toMatchObject([{ action: 'updated' }, { action: 'updated' }])
})

test.each([
  ['no JSON', '{', 'Expected records as a JSON array'],
  [
    'more records than fit one transaction',
    JSON.stringify(Array.from({ length: 2001 }, (_, i) => site(`s${i}`))),
    'Expected at most 2000 records at once, got 2001; split them',
  ],
  [
    'what nests deeper than any field',
    `[{"model":"Site","name":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`,
    'Expected at most 32 levels of nesting',
  ],
])('%s is refused', async (_what, text, message) => {
  await expect(apply(text)).rejects.toMatchObject({ code: 'VALIDATION', message })
})
