import { expect, test } from 'vitest'
import { migrate } from '../../../core/store/tables.ts'
import { openTestDatabase } from '../../support/database.ts'

test('a database that a newer version has made is refused, and left as it is', async () => {
  const database = await openTestDatabase()
  await migrate(database)
  await database.query(`insert into migration (step) values (999)`)
  await database.query(`drop function enter_schema`)

  await expect(migrate(database)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(
      /^A newer version of Syncstep has made this database: its tables are at step 999, this version knows \d+\. Start that version, or name another database\.$/,
    ) as string,
  })
  expect(await database.query(`select from pg_proc where proname = 'enter_schema'`)).toEqual([])
  await database.close()
})
