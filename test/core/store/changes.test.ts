import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Work } from '#contract'
import type { Caller, RecordChange } from '#core'
import {
  administrator,
  asAdministrator,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'

const models = `
option name = "shelf";
option app_label = "shelf";

message Shelf (XOSBase) {
  required string name = 1 [max_length = 100];
}

message Book (XOSBase) {
  required string title = 1 [max_length = 100];
  optional manytoone shelf->Shelf:books = 2:1001;
  optional manytomany topics->Shelf/Book_topics:about = 3:1002;
  optional string found_at = 4 [feedback_state = True];
}

message Atlas (Book) {
  optional string scale = 1;
}
`

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [{ step: 'book', model: 'Book', include: [] }])
})
afterAll(() => under.core.close())

const log = () => under.store.changes(administrator)
const records = () => asAdministrator(under.store)

/** What the work made happen. */
const changesOf = async (work: () => Promise<unknown>): Promise<readonly RecordChange[]> => {
  const after = await log().position()
  await work()
  return (await log().changes({ after, limit: 1000 })).changes
}

const createBook = async (fields: object = {}): Promise<number> =>
  Number((await records().create('Book', { title: 'Dune', ...fields }))['id'])

test('a new record is a change with all its fields, nulls included', async () => {
  const [change, ...rest] = await changesOf(() => createBook())
  expect(rest).toEqual([])
  expect(change).toMatchObject({ kind: 'created', model: 'Book', at: under.clock.now() * 1000 })
  expect(change!.changedFields).toEqual(expect.arrayContaining(['title', 'shelf', 'updated']))
  expect(change!.object).toEqual({
    ...(await withoutReverse('Book', change!.id)),
    ...nulls('shelf_id', 'found_at', 'enacted', 'policed', 'backend_handle'),
    ...nulls('changed_by_step', 'changed_by_policy'),
  })
})

const withoutReverse = async (model: string, id: number) => records().get(model, id)
const nulls = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]))

test('an update tells which fields differ, links by name', async () => {
  const id = await createBook()
  const shelf = Number((await records().create('Shelf', { name: 'sand' }))['id'])
  const [change] = await changesOf(() =>
    records().update('Book', id, { title: 'Dune', shelf_id: shelf }),
  )
  expect(change).toMatchObject({
    kind: 'updated',
    id,
    changedFields: ['updated', 'shelf'],
    object: { title: 'Dune', shelf_id: shelf },
  })
})

test('a link to many is told like any field, and travels as ids', async () => {
  const topic = Number((await records().create('Shelf', { name: 'deserts' }))['id'])
  const created = await changesOf(() => createBook({ topics_ids: [topic] }))
  expect(created.map(({ object }) => object['topics_ids'])).toEqual([[topic]])
  const id = created[0]!.id
  const updated = await changesOf(() => records().update('Book', id, { topics_ids: [] }))
  expect(updated).toHaveLength(1)
  expect(updated[0]!.changedFields).toContain('topics')
  expect(updated[0]!.object['topics_ids']).toEqual([])
})

test('a delete of what needs no step is two changes: deleted, then purged', async () => {
  const id = await createBook()
  const changes = await changesOf(() => records().remove('Book', id))
  expect(changes).toMatchObject([
    { kind: 'deleted', id, changedFields: ['deleted'], object: { deleted: true } },
    { kind: 'purged', id, object: { id, title: 'Dune' } },
  ])
  expect(changes[0]!.revision).toBeLessThan(changes[1]!.revision)
})

test('each record of a cascade has its own changes', async () => {
  const shelf = Number((await records().create('Shelf', { name: 'sand' }))['id'])
  await createBook({ shelf_id: shelf })
  const changes = await changesOf(() => records().remove('Shelf', shelf))
  expect(changes.map(({ kind, model }) => `${model} ${kind}`).toSorted()).toEqual([
    'Book deleted',
    'Book purged',
    'Shelf deleted',
    'Shelf purged',
  ])
})

test('a lease is no change; what the step reports is one', async () => {
  await under.clear()
  const id = await createBook()
  let leased: readonly Work[] = []
  expect(await changesOf(async () => (leased = await under.lease(['Book'])))).toEqual([])
  const changes = await changesOf(() =>
    under.work.report('tester', [
      reportOn(leased[0]!, { kind: 'synced', feedback: { found_at: 'A 3' } }),
    ]),
  )
  expect(changes).toMatchObject([{ kind: 'updated', id, object: { found_at: 'A 3' } }])
  expect(changes[0]!.changedFields).toEqual(
    expect.arrayContaining(['enacted', 'backend_status', 'backend_code', 'found_at']),
  )
})

test('that a record waits for another is a change of it', async () => {
  await under.clear()
  const book = await createBook()
  await under.load(models, [
    { step: 'book', model: 'Book', include: [] },
    { step: 'shelf', model: 'Shelf', include: [] },
  ])
  const shelf = Number((await records().create('Shelf', { name: 'sand' }))['id'])
  await records().update('Book', book, { shelf_id: shelf })
  const changes = await changesOf(() => under.lease(['Book']))
  expect(changes).toMatchObject([{ kind: 'updated', id: book, changedFields: ['backend_status'] }])
})

test('what is rolled back never happened', async () => {
  const changes = await changesOf(() =>
    under.store
      .transaction(administrator, async (writing) => {
        await writing.create('Shelf', { name: 'gone' })
        throw new Error('no')
      })
      .catch(() => undefined),
  )
  expect(changes).toEqual([])
})

test('passwords do not reach the log', async () => {
  const site = (await records().list('Site'))[0]!['id']
  const user = { email: 'reader@books.org', password: 'sesame', firstname: 'a', lastname: 'b' }
  await changesOf(() => records().create('User', { ...user, site_id: site }))
  const rows = await under.database.query<{ fields: object }>(
    `select fields from change where root = 'User'`,
  )
  expect(rows.length).toBeGreaterThan(0)
  expect(JSON.stringify(rows)).not.toMatch(/password|scrypt|sesame/)
})

test('a model is watched with those that derive from it, and nothing else', async () => {
  const after = await log().position()
  await records().create('Shelf', { name: 'a' })
  await records().create('Atlas', { title: 'World', scale: '1:1' })
  const { changes, position } = await log().changes({ after, models: ['Book'], limit: 10 })
  expect(changes).toMatchObject([{ model: 'Atlas', object: { title: 'World', scale: '1:1' } }])
  expect(changes[0]!.object['class_names']).toMatch(/^Atlas,Book/)
  expect((await log().changes({ after: position, limit: 10 })).changes).toEqual([])
})

test('one goes on after any change, by its position or its revision', async () => {
  const all = await changesOf(async () => {
    for (const name of ['a', 'b', 'c']) await records().create('Shelf', { name })
  })
  const rest = all.slice(1)
  for (const after of [all[0]!.position, String(all[0]!.revision)]) {
    expect((await log().changes({ after, limit: 10 })).changes).toEqual(rest)
  }
})

test('pages end where the question says', async () => {
  const after = await log().position()
  for (const name of ['a', 'b', 'c']) await records().create('Shelf', { name })
  const first = await log().changes({ after, limit: 2 })
  expect(first).toMatchObject({ more: true, changes: [{}, {}] })
  const second = await log().changes({ after: first.position, limit: 2 })
  expect(second).toMatchObject({ more: false, unsettled: false, changes: [{}] })
  expect(second.position).toBe(await log().position())
})

test('a page has a few megabytes at most, and at least one change', async () => {
  const after = await log().position()
  // Random enough not to be compressed.
  const long = (seed: number) =>
    Array.from({ length: 250_000 }, (_, n) => ((n * 7919 + seed) ** 2 % 1e9).toString(36)).join('')
  const create = (seed: number) =>
    under.database.query(
      `insert into record (root, id, leaf, fields, created, updated, backend_status, backend_code)
       values ('Shelf', $1, 'Shelf', jsonb_build_object('name', $2::text), 1, 1, '', 0)`,
      [seed, long(seed)],
    )
  for (const seed of [9001, 9002, 9003, 9004]) await create(seed)
  const seen: number[] = []
  let pages = 0
  for (let at = after; ; pages += 1) {
    const page = await log().changes({ after: at, limit: 1000 })
    seen.push(...page.changes.map(({ id }) => id))
    at = page.position
    if (!page.more) break
  }
  expect(seen).toEqual([9001, 9002, 9003, 9004])
  expect(pages).toBeGreaterThan(0)
})

test.each(['', 'x', '-1', '1.5', 'zz-', '99999999999999999999', "1' or 'a", '\0'])(
  '%j is no position',
  async (after) => {
    await expect(log().changes({ after, limit: 1 })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
    })
  },
)

test.each([0, 1001, 1.5, Number.NaN])('a limit of %s is refused', async (limit) => {
  await expect(log().changes({ after: undefined, limit })).rejects.toMatchObject({
    code: 'INVALID_FIELD',
  })
})

test.each(['9999999', 'zzz-1'])('a position of another log, %s, is gone', async (after) => {
  await expect(log().changes({ after, limit: 1 })).rejects.toMatchObject({ code: 'GONE' })
})

test('who listens is told of each commit', async () => {
  let told = 0
  const stop = under.store.onChange(() => (told += 1))
  await createBook()
  await expect.poll(() => told).toBeGreaterThan(0)
  stop()
})

test('a change stays readable when its model is gone, without what nobody may read', async () => {
  const store = await openTestStore()
  const withPassword = models.replace(
    'message Shelf (XOSBase) {',
    '$& optional string password = 99;',
  )
  await store.load(withPassword, [], 'shelf')
  const after = await store.store.changes(administrator).position()
  const values = { name: 'a', password: 's3cr3t' }
  const id = Number((await asAdministrator(store.store).create('Shelf', values))['id'])
  await asAdministrator(store.store).remove('Shelf', id)
  await store.load('option app_label = "none";', [], 'shelf')
  const { changes } = await store.store.changes(administrator).changes({ after, limit: 10 })
  expect(changes).toMatchObject([
    { kind: 'created', model: 'Shelf', object: { id, name: 'a' } },
    { kind: 'deleted' },
    { kind: 'purged' },
  ])
  expect(JSON.stringify(changes)).not.toContain('s3cr3t')
  await store.core.close()
})

const day = 24 * 60 * 60 * 1000
const keepAll = { changes: 1_000_000, changesMs: day, auditMs: day }

test('the log keeps so many changes, and refuses to go on from what it forgot', async () => {
  const after = await log().position()
  for (const name of ['a', 'b', 'c']) await records().create('Shelf', { name })
  const { changes } = await log().changes({ after, limit: 10 })
  await under.store.keepWithin({ ...keepAll, changes: 2 })
  await expect(log().changes({ after, limit: 10 })).rejects.toMatchObject({ code: 'GONE' })
  const oldest = await log().changes({ after: undefined, limit: 10 })
  expect(oldest.changes).toEqual(changes.slice(1))
  const kept = await log().changes({ after: changes[0]!.position, limit: 10 })
  expect(kept.changes).toEqual(changes.slice(1))
})

test('the log forgets what is too old, in steps', async () => {
  await under.database.query(
    `insert into record (root, id, leaf, fields, created, updated, backend_status, backend_code)
     select 'Shelf', n, 'Shelf', '{"name":"x"}', 1, $1, '', 0 from generate_series(20001, 22500) n`,
    [under.clock.now() * 1000],
  )
  const old = await log().position()
  await under.clock.advance(day + 1)
  await records().create('Shelf', { name: 'young' })
  await under.store.keepWithin(keepAll)
  const { changes } = await log().changes({ after: undefined, limit: 1000 })
  expect(changes.map(({ object }) => object['name'])).toEqual(['young'])
  expect((await log().changes({ after: old, limit: 10 })).changes).toEqual(changes)
})

test('one sees the changes of what one may read, and the position moves on over the rest', async () => {
  const after = await log().position()
  await records().create('Shelf', { name: 'seen by who may' })
  const stranger = { userId: 0, email: 'nobody@books.org', isAdmin: false }
  const ofStep = { ...administrator, isAdmin: false, step: 'test/book' }
  await records().update('User', administrator.userId, { firstname: 'Ada' })
  const book = await createBook()
  const seenBy = async (caller: Caller) => {
    const page = await under.store.changes(caller).changes({ after, limit: 10 })
    expect(page.position).toBe(await log().position())
    return page.changes.map(({ model, id }) => `${model}/${id}`)
  }
  // Neither shelves nor books have a policy; users do.
  expect(await seenBy(stranger)).toEqual([expect.stringMatching(/^Shelf/), `Book/${book}`])
  expect(await seenBy(ofStep)).toEqual([`Book/${book}`])
  expect(await seenBy(administrator)).toHaveLength(3)
})
