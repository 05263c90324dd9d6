import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyText } from '#contract'
import { createDispatcher } from '#dispatcher'
import { openCore, type CoreError, type Database, type Store } from '#core'
import { newPostgresDatabase, openTestPostgres } from '../support/database.ts'
import { realClock } from '../../cli/real-clock.ts'
import { createTestLog, targetFor } from '../support/started-dispatcher.ts'
import { administrator, asAdministrator, coreModels } from '../support/store.ts'
import { until } from '../support/until.ts'
import { recordChange } from '../support/record-change.ts'

const places = Array.from({ length: 8 }, (_, n) => n)

const models = `
option name = "boards";
option app_label = "boards";

message Board (XOSBase) {
  required string name = 1 [unique = True];
${places.map((n) => `  required int32 cell_${n} = ${n + 2} [default = 0];`).join('\n')}
}
message Peg (XOSBase) {
  required int32 value = 1 [default = 0];
  required manytoone board->Board:pegs = 2:1001;
}
`

const names = ['Board', 'Peg'] as const

let databases: readonly Database[]
let cores: readonly Awaited<ReturnType<typeof openCore>>[]

beforeAll(async () => {
  const url = await newPostgresDatabase()
  const admin = { email: administrator.email, password: 'letmein' }
  databases = await Promise.all([openTestPostgres(url), openTestPostgres(url)])
  cores = await Promise.all(
    databases.map((database) => openCore({ database, coreModels, clock: realClock, admin })),
  )
  await cores[0]!.work.register({
    name: 'boards',
    version: '1',
    models: [{ filename: 'boards.xproto', contents: models }],
    steps: names.map((model) => ({ step: model.toLowerCase(), model, include: [] })),
    requiredModels: [],
  })
})

afterAll(() => Promise.all(cores.map((core) => core.close())))

/** Eight writers, four at each core. */
const eight = <T>(work: (store: Store, writer: number) => Promise<T>): Promise<T[]> =>
  Promise.all(places.map((writer) => work(cores[writer % 2]!.store, writer)))

const times = async (count: number, work: (n: number) => Promise<unknown>): Promise<void> => {
  for (let n = 1; n <= count; n += 1) await work(n)
}

test('eight writers of one record lose no update, and each moves its version', async () => {
  const board = await asAdministrator(cores[0]!.store).create('Board', { name: 'shared' })
  const id = Number(board['id'])
  const stamps = await eight(async (store, writer) => {
    const seen: unknown[] = []
    await times(25, async (n) => {
      const written = await asAdministrator(store).update('Board', id, { [`cell_${writer}`]: n })
      seen.push(written['updated'])
    })
    return seen
  })
  const after = await asAdministrator(cores[1]!.store).get('Board', id)
  expect(places.map((n) => after[`cell_${n}`])).toEqual(places.map(() => 25))
  expect(new Set(stamps.flat()).size).toBe(8 * 25)
})

test('eight writers give no id twice, and none is left out', async () => {
  const ids = await eight(async (store, writer) => {
    const made: number[] = []
    await times(20, async (n) => {
      const name = `numbered ${writer} ${n}`
      made.push(Number((await asAdministrator(store).create('Board', { name }))['id']))
    })
    return made
  })
  const sorted = ids.flat().toSorted((a, b) => a - b)
  expect(sorted).toEqual(sorted.map((_, n) => (sorted[0] ?? 0) + n))
})

test('of eight that want the same unique name one gets it, each time', async () => {
  const won = await eight(async (store) => {
    let count = 0
    await times(20, async (n) => {
      await asAdministrator(store)
        .create('Board', { name: `wanted ${n}` })
        .then(
          () => (count += 1),
          (error: unknown) => expect((error as CoreError).code).toBe('DUPLICATE_KEY'),
        )
    })
    return count
  })
  expect(won.reduce((sum, count) => sum + count, 0)).toBe(20)
})

test('eight that write the same records in different orders are all answered', async () => {
  const ids = await Promise.all(
    [1, 2, 3, 4].map(async (n) =>
      Number(
        (await asAdministrator(cores[0]!.store).create('Board', { name: `crossed ${n}` }))['id'],
      ),
    ),
  )
  await eight((store, writer) =>
    times(10, (n) =>
      store.transaction(administrator, async (records) => {
        const order = writer % 2 === 0 ? ids : ids.toReversed()
        for (const id of order) {
          await records.update('Board', id, { [`cell_${writer}`]: n })
        }
      }),
    ),
  )
  const after = await asAdministrator(cores[0]!.store).list('Board')
  for (const record of after.filter(({ id }) => ids.includes(Number(id)))) {
    expect(places.map((n) => record[`cell_${n}`])).toEqual(places.map(() => 10))
  }
})

test('two cores with a dispatcher each and eight writers come to rest with everything synced', async () => {
  const running = new Set<string>()
  const overlaps: string[] = []
  const { log, lines } = createTestLog()
  const stop = new AbortController()
  const runs = cores.map((core, n) => {
    const dispatcher = createDispatcher({
      name: `dispatcher-${n}`,
      synchronizer: 'boards',
      source: core.work,
      targets: names.map((model) => targetFor(model, { concurrency: 8 })),
      async call(_target, change) {
        const { model, record } = recordChange(change)
        const text = keyText({ model, id: Number(record['id']) })
        if (running.has(text)) overlaps.push(text)
        running.add(text)
        await new Promise((resolve) => setImmediate(resolve))
        running.delete(text)
        return { kind: 'synced' }
      },
      clock: realClock,
      random: Math.random,
      log,
    })
    return dispatcher.run(stop.signal)
  })

  await eight(async (store, writer) => {
    const board = await asAdministrator(store).create('Board', { name: `busy ${writer}` })
    const pegs: number[] = []
    await times(12, async (n) => {
      const peg = await asAdministrator(store).create('Peg', { board_id: board['id'] })
      pegs.push(Number(peg['id']))
      await asAdministrator(store).update('Board', Number(board['id']), { [`cell_${writer}`]: n })
      if (n % 4 === 0) await asAdministrator(store).remove('Peg', pegs.shift() ?? 0)
      await asAdministrator(store).update('Peg', pegs[0] ?? 0, { value: n })
    })
    if (writer === 7) await asAdministrator(store).remove('Board', Number(board['id']))
  })

  const left = () =>
    databases[0]!.query<{ id: number }>(
      `select id from record
       where leaf in ('Board', 'Peg')
         and (pending or parked or deleted or lease_owner is not null or enacted <> updated)`,
    )
  await until('all records to be synced', async () => (await left()).length === 0)
  expect(await databases[0]!.query(`select from wait`)).toEqual([])
  expect(overlaps).toEqual([])

  stop.abort()
  await Promise.all(runs)
  expect(lines.filter(({ level }) => level === 'error')).toEqual([])
})
