import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RecordChange, Store } from '#core'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import {
  administrator,
  asAdministrator,
  openTestStore,
  reportOn,
  type TestStore,
} from '../support/store.ts'
import { pausing, type PausingDatabase } from './pausing.ts'

const models = `
option name = "notes";
option app_label = "notes";

message Note (XOSBase) {
  required string name = 1;
  optional manytoone under->Note:above = 2:1001;
}
`

/** Two cores on one database; the transactions of the first can be stopped. */
let one: TestStore
let two: TestStore
let first: PausingDatabase

beforeAll(async () => {
  const url = await newPostgresDatabase()
  first = pausing(await openTestPostgres(url))
  one = await openTestStore(first)
  two = await openTestStore(await openTestPostgres(url))
  await one.load(models, [{ step: 'note', model: 'Note', include: [] }], 'notes')
})
afterAll(() => Promise.all([one.core.close(), two.core.close()]))

const logOf = ({ store }: TestStore) => store.changes(administrator)

const create = async (under: TestStore, name: string): Promise<number> =>
  Number((await asAdministrator(under.store).create('Note', { name }))['id'])

const nameOf = ({ object }: RecordChange): unknown => object['name']

/** A door that work comes to and stops at until it is let go. */
const createDoor = () => {
  let letGo = (): void => undefined
  let arrive = (): void => undefined
  const opened = new Promise<void>((resolve) => (letGo = resolve))
  const reached = new Promise<void>((resolve) => (arrive = resolve))
  const pass = (): Promise<void> => {
    arrive()
    return opened
  }
  return { reached, pass, letGo: () => letGo() }
}

const rename = (under: TestStore, id: number, name: string) =>
  asAdministrator(under.store).update('Note', id, { name })

test('a change that is committed later than a younger one is not passed over', async () => {
  const [a, b] = [await create(one, 'a'), await create(one, 'b')]
  const after = await logOf(two).position()
  const pause = first.pauseBefore('commit')
  const earlier = rename(one, a, 'drawn first')
  await pause.reached
  await rename(two, b, 'committed first')

  const held = await logOf(two).changes({ after, limit: 10 })
  expect(held).toMatchObject({ changes: [], unsettled: true, position: after })
  pause.letGo()
  await earlier

  const { changes, unsettled } = await logOf(two).changes({ after, limit: 10 })
  expect(changes.map(nameOf)).toEqual(['drawn first', 'committed first'])
  expect(unsettled).toBe(false)
})

test('a transaction holds up what is younger only until it ends, be it rolled back', async () => {
  const [a, b] = [await create(one, 'a'), await create(one, 'b')]
  const after = await logOf(two).position()
  const door = createDoor()
  const doomed = one.store.transaction(administrator, async (records) => {
    await records.update('Note', a, { name: 'doomed' })
    await door.pass()
    throw new Error('rolled back')
  })
  const refused = expect(doomed).rejects.toThrow('rolled back')
  await door.reached
  await rename(two, b, 'kept')
  expect((await logOf(two).changes({ after, limit: 10 })).unsettled).toBe(true)
  door.letGo()
  await refused
  const { changes, unsettled } = await logOf(two).changes({ after, limit: 10 })
  expect(changes.map(nameOf)).toEqual(['kept'])
  expect(unsettled).toBe(false)
})

test('changes of one record come in the order of its writes, however transactions overlap', async () => {
  const [other, id] = [await create(one, 'other'), await create(one, 'zero')]
  const after = await logOf(two).position()
  const door = createDoor()
  // The first to begin is the last to write the record.
  const elder = one.store.transaction(administrator, async (records) => {
    await records.update('Note', other, { name: 'elder' })
    await door.pass()
    await records.update('Note', id, { name: 'second' })
  })
  await door.reached
  await rename(two, id, 'first')
  door.letGo()
  await elder
  const { changes } = await logOf(two).changes({ after, limit: 10 })
  expect(changes.filter((change) => change.id === id).map(nameOf)).toEqual(['first', 'second'])
})

/** Writes whatever the numbers say; what others stood in the way of is no matter. */
const write = async (under: TestStore, steps: readonly number[]): Promise<void> => {
  const records = asAdministrator(under.store)
  for (const step of steps) {
    const [any] = await records.list('Note')
    const work = async (): Promise<unknown> => {
      if (any === undefined || step < 3) return create(under, `new ${step}`)
      if (step < 6) return records.update('Note', Number(any['id']), { name: `edit ${step}` })
      if (step < 7) return records.remove('Note', Number(any['id']))
      if (step < 9) {
        const leased = await under.lease(['Note'], 5)
        return under.work.report(
          'tester',
          leased.map((item) => reportOn(item, { kind: 'synced' })),
        )
      }
      return under.store.transaction(administrator, async (writing) => {
        await writing.create('Note', { name: 'in vain' })
        if (step === 9) throw new Error('rolled back')
        await writing.update('Note', Number(any['id']), { name: 'both' })
      })
    }
    await work().catch(() => undefined)
  }
}

/** Watches until it has come to the end after the writers have; killed again and again, it goes on where it was. */
const watch = async (
  store: Store,
  start: string,
  limits: readonly number[],
  isOver: () => boolean,
): Promise<readonly RecordChange[]> => {
  const seen: RecordChange[] = []
  let after = start
  for (let turn = 0; ; turn += 1) {
    const wasOver = isOver()
    const limit = limits[turn % limits.length]!
    const page = await store.changes(administrator).changes({ after, limit })
    if (wasOver && !page.more && !page.unsettled && page.changes.length === 0) return seen
    // A kill: what was read after the last that was kept is lost.
    const kept = turn % 3 === 2 ? page.changes.slice(0, Math.ceil(limit / 2)) : page.changes
    seen.push(...kept)
    after = kept.length < page.changes.length ? kept.at(-1)!.position : page.position
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('however many write, every watcher sees every change once, those of a record in order', async () => {
  const steps = fc.array(fc.nat({ max: 10 }), { minLength: 5, maxLength: 25 })
  const limits = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 4, maxLength: 4 }),
      fc.array(limits, { minLength: 3, maxLength: 3 }),
      async (writers, watchers) => {
        const start = await logOf(one).position()
        let isOver = false
        const watching = watchers.map((own, n) =>
          watch((n % 2 === 0 ? one : two).store, start, own, () => isOver),
        )
        await Promise.all(writers.map((own, n) => write(n % 2 === 0 ? one : two, own)))
        isOver = true
        const seen = await Promise.all(watching)

        const from = Number(start.split('-')[1])
        const rows = await two.database.query<{ revision: number }>(
          `select revision from change where revision > $1 order by revision`,
          [from],
        )
        const all = rows.map(({ revision }) => revision)
        for (const changes of seen) expect(changes.map(({ revision }) => revision)).toEqual(all)

        const last = await two.database.query<{ id: number; revision: number }>(
          `select id, revision from record where root = 'Note' and revision > $1`,
          [from],
        )
        const newest = new Map(seen[0]!.map(({ id, revision }) => [id, revision]))
        for (const { id, revision } of last) expect(newest.get(id)).toBe(revision)
      },
    ),
    { numRuns: 12 },
  )
})

test('a core that starts later goes on where another one left off', async () => {
  const after = await logOf(one).position()
  await create(one, 'before')
  const third = await openTestStore(two.database)
  const { changes } = await third.store.changes(administrator).changes({ after, limit: 10 })
  expect(changes.map(nameOf)).toEqual(['before'])
})

test('who listens at one core hears of the writes of the other', async () => {
  let heard = 0
  const stop = one.store.onChange(() => (heard += 1))
  await create(two, 'far')
  await expect.poll(() => heard).toBeGreaterThan(0)
  stop()
})
