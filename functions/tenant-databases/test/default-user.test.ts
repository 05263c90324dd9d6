import { expectSynced, record, runPolicy } from 'syncstep/testing'
import { expect, test } from 'vitest'
import defaultUser from '../model_policies/default-user.ts'
import { TenantDatabase } from '../models/types.ts'

test('a database gets a user of its name who may write', async () => {
  const written: unknown[] = []
  const upsert = (...all: readonly unknown[]) => {
    written.push(all)
    return Promise.resolve({ id: 1 })
  }
  const database = record(TenantDatabase, { id: 7, name: 'shop' })

  expectSynced(await runPolicy(defaultUser, database, { client: { upsert } }))
  expect(written).toEqual([
    [
      'DatabaseUser',
      ['database', 'name'],
      { database: expect.objectContaining({ id: 7 }) as unknown, name: 'shop', can_write: true },
    ],
  ])
})
