import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { isDelivery } from '#contract'
import type { Database } from '#core'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import { openTestStore, reportOn, type TestStore } from '../support/store.ts'
import { keyedEvent, leaseOf, registration } from '../core/store/deliveries/events.ts'
import { endedOrBlocked, pausing, type PausingDatabase } from './pausing.ts'

/** Two cores on one database; the transactions of the first can be stopped. */
let one: TestStore
let two: TestStore
let first: PausingDatabase
let watcher: Database

beforeAll(async () => {
  const url = await newPostgresDatabase()
  watcher = await openTestPostgres(url, { connections: 2 })
  first = pausing(await openTestPostgres(url))
  one = await openTestStore(first)
  two = await openTestStore(await openTestPostgres(url))
  await one.work.register(registration)
})

afterEach(() => watcher.query(`delete from delivery`))
afterAll(() => Promise.all([one.core.close(), two.core.close(), watcher.close()]))

const due = async () => {
  const { work } = await leaseOf(one, 'event')
  return work.map(({ change }) => (isDelivery(change) ? change.event['id'] : undefined))
}

/** Lets the other core do its work while the first one is about to commit. */
const amid = async (work: () => Promise<unknown>, other: () => Promise<unknown>): Promise<void> => {
  const pause = first.pauseBefore('commit')
  const stopped = work()
  await pause.reached
  const meanwhile = other()
  await endedOrBlocked(watcher, meanwhile)
  pause.letGo()
  await Promise.all([stopped, meanwhile])
}

test('of two events of one key that two cores take at the same moment one waits for the other', async () => {
  await amid(
    () => one.store.deliveries.accept([keyedEvent('1', 'a')]),
    () => two.store.deliveries.accept([keyedEvent('2', 'a')]),
  )
  expect(await due()).toEqual(['1'])
})

test('an event that comes while the last of its key ends goes next', async () => {
  await one.store.deliveries.accept([keyedEvent('1', 'a')])
  const { work } = await leaseOf(one, 'event')
  const reports = work.map((item) => reportOn(item, { kind: 'synced' }))
  await amid(
    () => one.work.report('tester', reports),
    () => two.store.deliveries.accept([keyedEvent('2', 'a')]),
  )
  expect(await due()).toEqual(['2'])
})

test('the same event that two cores take at the same moment is kept once', async () => {
  await amid(
    () => one.store.deliveries.accept([keyedEvent('1', 'a')]),
    () => two.store.deliveries.accept([keyedEvent('1', 'a')]),
  )
  expect(await due()).toEqual(['1'])
})
