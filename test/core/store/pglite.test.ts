import { expect, test } from 'vitest'
import { openPglite } from '#core'

test('rows that are updated for ever do not make the database grow for ever', async () => {
  const database = await openPglite()
  await database.query(`create table counted (id integer primary key, text text)`)
  await database.query(
    `insert into counted select n, repeat('x', 100) from generate_series(1, 1000) n`,
  )
  const grow = async (updates: number): Promise<number> => {
    for (let update = 0; update < updates; update += 1) {
      await database.transaction((sql) => sql.query(`update counted set text = text`))
    }
    const [size] = await database.query<{ pages: number }>(
      `select pg_relation_size('counted')::int / 8192 as pages`,
    )
    return size?.pages ?? 0
  }

  const early = await grow(50)
  const late = await grow(100)
  await database.close()

  expect(late).toBeLessThanOrEqual(early * 1.2)
})
