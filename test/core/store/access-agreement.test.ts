import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '#core'
import { compile, createPolicyEvaluator, prefilterOf, type Filter, type Schema } from '#xproto'
import { filterSql } from '../../../core/store/access-sql.ts'
import { createPolicyPort, loadPolicyRecord } from '../../../core/store/access-store.ts'
import { createParameters } from '../../../core/store/parameters.ts'
import { openTestStore } from '../../support/store.ts'
import { ids, models, nullable, policies, shapes, worlds } from '../../xproto/policies/random.ts'
import { createWorld, type World } from '../../xproto/policies/world.ts'

const isLong = process.env['SYNCSTEP_LONG'] !== undefined

// Random policies in random worlds, in the database and in memory.

let database: Database

beforeAll(async () => {
  const under = await openTestStore()
  database = under.database
})

afterAll(() => database.close())

type Row = Readonly<Record<string, unknown>>
type LinkRow = {
  field: string
  source_root: string
  source_id: unknown
  target_root: string
  target_id: unknown
  many: boolean
}

const linksOf = (model: keyof typeof shapes, row: Row): readonly LinkRow[] => {
  const link = (field: string, target_root: string, target_id: unknown, many: boolean) => ({
    field,
    source_root: model,
    source_id: row['id'],
    target_root,
    target_id,
    many,
  })
  const { links } = shapes[model]
  return [
    ...Object.entries(links).flatMap(([field, target]) =>
      row[field] === null ? [] : [link(field, target, row[field], false)],
    ),
    ...((row['watchers'] as number[] | undefined) ?? []).map((id) =>
      link('watchers', 'User', id, true),
    ),
  ]
}

const fieldsOf = (model: keyof typeof shapes, row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (name === 'id' || name === 'watchers' || value === null) return []
      return [[name in shapes[model].links ? `${name}_id` : name, value]]
    }),
  )

/** Puts a world in the place of what was there. */
const write = async (world: World): Promise<void> => {
  const rows = Object.entries(world).flatMap(([root, records]) =>
    records.map((row) => ({
      root,
      id: row['id'],
      fields: fieldsOf(root as keyof typeof shapes, row),
    })),
  )
  const links = Object.entries(world).flatMap(([root, records]) =>
    records.flatMap((row) => linksOf(root as keyof typeof shapes, row)),
  )
  await database.query(`delete from record`)
  await database.query(
    `insert into record (root, id, leaf, fields, created, updated, backend_status, backend_code)
     select root, id, root, fields, 0, 0, '', 0
     from jsonb_to_recordset($1::jsonb) r(root text, id int, fields jsonb)`,
    [JSON.stringify(rows)],
  )
  await database.query(
    `insert into link (field, source_root, source_id, target_root, target_id, many)
     select field, source_root, source_id, target_root, target_id, many
     from jsonb_to_recordset($1::jsonb)
       l(field text, source_root text, source_id int, target_root text, target_id int, many boolean)`,
    [JSON.stringify(links)],
  )
}

const matchingInSql = async (schema: Schema, filter: Filter): Promise<readonly number[]> => {
  const parameters = createParameters()
  const rows = new Map([[0, { alias: 'r', model: schema.model('Item')! }]])
  const condition = filterSql({ schema, parameters, rows }, filter)
  const found = await database.query<{ id: number }>(
    `select r.id from record r where r.root = 'Item' and ${condition} order by r.id`,
    parameters.values,
  )
  return found.map(({ id }) => id)
}

const contexts = fc.record({
  userId: nullable(fc.constantFrom(...ids)),
  access: fc.constantFrom('read' as const, 'write' as const),
})

test('the database says of policies and filters what a world in memory says', async () => {
  let filtered = 0
  await fc.assert(
    fc.asyncProperty(policies, worlds, contexts, async (texts, world, { userId, access }) => {
      const text = `option app_label = "a";
policy team_policy < ${texts.teamPolicy} >
policy user_policy < ${texts.userPolicy} >
policy p < ${texts.policy} >${models}`
      const schema = compile([{ file: 'a.xproto', text }]).schema!
      await write(world)
      const context = { sql: database, schema }
      const port = createPolicyPort(context)
      const memory = createWorld(schema, world)
      const evaluator = createPolicyEvaluator(schema)
      const load = (model: string, id: number) =>
        loadPolicyRecord(context, schema.model(model)!, id)
      const user = userId === null ? null : await load('User', userId)
      const userInMemory = userId === null ? null : memory.record('User', userId)

      for (const { id } of world.Item) {
        const item = (await load('Item', id))!
        const answer = await evaluator.evaluate('p', item, { user, access }, port)
        const expected = memory.record('Item', id)
        expect(answer).toBe(
          await evaluator.evaluate('p', expected, { user: userInMemory, access }, memory.port),
        )
      }
      const { filter } = await evaluator.plan('p', 'Item', { user, access }, port)
      const prefilter = prefilterOf(filter)
      expect(await matchingInSql(schema, prefilter)).toEqual(memory.matching('Item', prefilter))
      if (prefilter.kind !== 'constant') filtered += 1
    }),
    { numRuns: isLong ? 3000 : 200 },
  )
  expect(filtered).toBeGreaterThan(50)
}, 900_000)
