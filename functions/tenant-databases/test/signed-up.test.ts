import { expectDeferred, expectFailed, expectSynced, record, runEvent } from 'syncstep/testing'
import { expect, test } from 'vitest'
import signedUp from '../event_steps/signed-up.ts'
import { DatabaseServer } from '../models/types.ts'

const server = record(DatabaseServer, { id: 3, name: 'local' })

/** Lets somebody sign up where these servers are. Answers what came of it, and what was written. */
const signUp = async (data: unknown, servers: readonly (typeof server)[] = [server]) => {
  const written: unknown[] = []
  const client = {
    first: () => Promise.resolve(servers[0]),
    upsert: (...all: readonly unknown[]) => {
      written.push(all)
      return Promise.resolve({ id: 1 })
    },
  }
  const run = await runEvent(signedUp, { type: 'org.example.tenant.signed-up', data }, { client })
  return { run, written }
}

test.each([
  ['free', 5],
  ['team', 50],
])('a tenant with the plan %s gets a database for %i connections', async (plan, limit) => {
  const { run, written } = await signUp({ tenant: 'shop', plan })

  expectSynced(run)
  expect(written).toEqual([
    ['TenantDatabase', ['server', 'name'], { server, name: 'shop', connection_limit: limit }],
  ])
})

test('whoever signs up before there is a server waits for one', async () => {
  const { run } = await signUp({ tenant: 'shop', plan: 'free' }, [])

  expectDeferred(run, 'There is no database server yet')
})

test.each([
  ['without data', undefined],
  ['with a plan that nobody sells', { tenant: 'shop', plan: 'gold' }],
  ['of a tenant whose name leads elsewhere', { tenant: '../shop', plan: 'free' }],
])('an event %s is never tried again', async (_, data) => {
  const { run, written } = await signUp(data)

  expect(expectFailed(run, /^Expected a tenant/).retry).toBe(false)
  expect(written).toEqual([])
})
