import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { QueryElement, QueryOperator } from '#core'
import { administrator, openTestStore, type TestStore } from '../../support/store.ts'

const isLong = process.env['SYNCSTEP_LONG'] !== undefined

// Random queries about random records, in the database and by looking at every record in memory.

const models = `
option app_label = "a";
message Knot (XOSBase) {
  optional string name = 1 [max_length = 100, db_index = True];
  optional int32 size = 2;
  optional float weight = 3;
  optional manytoone parent->Knot:children = 4:1001;
  optional manytomany friends->Knot/Knot_friends:friend_of = 5:1002;
}
`

let under: TestStore

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [], 'a')
})

type Node = {
  readonly id: number
  readonly name: string | null
  readonly size: number | null
  readonly weight: number | null
  readonly parent: number | null
  readonly friends: readonly number[]
}
type Field = 'id' | 'name' | 'size' | 'weight' | 'parent'

const ids = [1, 2, 3, 4]
const names = ['', 'a', 'A', 'ab', 'b%', 'B_', "'", 'aa']
const numbers = [-1, 0, 1, 2, 10]
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 3 })

const worlds = fc
  .array(
    fc.record({
      name: nullable(fc.constantFrom(...names)),
      size: nullable(fc.constantFrom(...numbers)),
      weight: nullable(fc.constantFrom(-0.5, 0, 0.5, 10, 2.25)),
      parent: nullable(fc.constantFrom(...ids)),
      friends: fc.subarray(ids),
    }),
    { minLength: 4, maxLength: 4 },
  )
  .map((nodes): readonly Node[] => nodes.map((node, index) => ({ id: index + 1, ...node })))

const links = ['parent', 'children', 'friends', 'friend_of'] as const

const operators = {
  text: [
    'EQUAL',
    'GREATER_THAN',
    'LESS_THAN',
    'GREATER_THAN_OR_EQUAL',
    'LESS_THAN_OR_EQUAL',
    'IEXACT',
    'CONTAINS',
    'ICONTAINS',
    'REGEX',
    'IREGEX',
  ],
  number: ['EQUAL', 'GREATER_THAN', 'LESS_THAN', 'GREATER_THAN_OR_EQUAL', 'LESS_THAN_OR_EQUAL'],
} as const satisfies Record<string, readonly QueryOperator[]>

type Asked = {
  readonly path: readonly (typeof links)[number][]
  readonly field: Field
  readonly operator: QueryOperator | 'NULL'
  readonly invert: boolean
  readonly value: string | number
}

const askedOf = (
  field: Field,
  allowed: readonly QueryOperator[],
  value: fc.Arbitrary<string | number>,
): fc.Arbitrary<Asked> =>
  fc.record({
    path: fc.array(fc.constantFrom(...links), { maxLength: 2 }),
    field: fc.constant(field),
    operator: fc.constantFrom<QueryOperator | 'NULL'>(...allowed, 'NULL'),
    invert: fc.boolean(),
    value,
  })

const elements = fc.array(
  fc.oneof(
    askedOf('name', operators.text, fc.constantFrom('a', 'A', 'b', "'", '_', '%', 'ab', '')),
    askedOf('size', operators.number, fc.constantFrom(...numbers)),
    askedOf('weight', operators.number, fc.constantFrom('0.5', '-0.50', '2.25', '10')),
    askedOf('parent', operators.number, fc.constantFrom(...ids)),
    askedOf('id', operators.number, fc.constantFrom(...ids)),
  ),
  { maxLength: 4 },
)

// The naive reading.

const related = (world: readonly Node[], node: Node, link: (typeof links)[number]) =>
  world.filter((other) => {
    if (link === 'parent') return node.parent === other.id
    if (link === 'children') return other.parent === node.id
    return link === 'friends' ? node.friends.includes(other.id) : other.friends.includes(node.id)
  })

const orders: Partial<
  Record<QueryOperator, (left: string | number, right: string | number) => boolean>
> = {
  EQUAL: (left, right) => left === right,
  GREATER_THAN: (left, right) => left > right,
  LESS_THAN: (left, right) => left < right,
  GREATER_THAN_OR_EQUAL: (left, right) => left >= right,
  LESS_THAN_OR_EQUAL: (left, right) => left <= right,
}

const passes = (node: Node, { field, operator, value }: Asked): boolean => {
  const own = node[field]
  if (operator === 'NULL') return own === null
  if (own === null) return false
  const order = orders[operator]
  if (order !== undefined) return order(own, field === 'name' ? value : Number(value))
  const [text, part] = [String(own), String(value)]
  const [lowText, lowPart] = [text.toLowerCase(), part.toLowerCase()]
  if (operator === 'IEXACT') return lowText === lowPart
  if (operator === 'CONTAINS' || operator === 'REGEX') return text.includes(part)
  return lowText.includes(lowPart)
}

/** Whether there is one record for each path, all of them related as the paths say, that pass the tests together. */
const together = (world: readonly Node[], start: Node, asked: readonly Asked[]): boolean => {
  const paths = [
    ...new Set(
      asked.flatMap(({ path }) => path.map((_, index) => path.slice(0, index + 1).join())),
    ),
  ].toSorted((left, right) => left.split(',').length - right.split(',').length)
  const choose = (index: number, chosen: ReadonlyMap<string, Node>): boolean => {
    const path = paths[index]
    if (path === undefined) return asked.every((one) => passes(chosen.get(one.path.join())!, one))
    const parts = path.split(',')
    const from = chosen.get(parts.slice(0, -1).join())!
    return related(world, from, parts.at(-1) as (typeof links)[number]).some((node) =>
      choose(index + 1, new Map([...chosen, [path, node]])),
    )
  }
  return choose(0, new Map([['', start]]))
}

const holds = (world: readonly Node[], node: Node, asked: readonly Asked[]): boolean => {
  const isNull = (from: Node, one: Asked): boolean => {
    const [link, ...path] = one.path
    if (link === undefined) return passes(from, one)
    const others = related(world, from, link)
    return others.length === 0 || others.some((other) => isNull(other, { ...one, path }))
  }
  const alone = (one: Asked): boolean =>
    one.operator === 'NULL' ? isNull(node, one) : together(world, node, [one])
  const [apart, joined] = [
    asked.filter(({ invert, operator }) => invert || operator === 'NULL'),
    asked.filter(({ invert, operator }) => !invert && operator !== 'NULL'),
  ]
  return together(world, node, joined) && apart.every((one) => alone(one) !== one.invert)
}

const elementOf = ({ path, field, operator, invert, value }: Asked): QueryElement => ({
  name: [...path, field, ...(operator === 'NULL' ? ['isnull'] : [])].join('__'),
  operator: operator === 'NULL' ? 'EQUAL' : operator,
  invert,
  value: operator === 'NULL' ? 'True' : value,
})

const write = async (world: readonly Node[]): Promise<void> => {
  const { database } = under
  const present = (fields: object) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  const rows = world.map(({ id, name, size, weight, parent }) => ({
    id,
    fields: present({ name, size, weight, parent_id: parent }),
  }))
  const pairs = world.flatMap(({ id, parent, friends }) => [
    ...(parent === null ? [] : [{ field: 'parent', source: id, target: parent, many: false }]),
    ...friends.map((friend) => ({ field: 'friends', source: id, target: friend, many: true })),
  ])
  await database.query(`delete from record where root = 'Knot'`)
  await database.query(
    `insert into record (root, id, leaf, fields, created, updated, backend_status, backend_code)
     select 'Knot', id, 'Knot', fields, 0, 0, '', 0 from jsonb_to_recordset($1::jsonb) r(id int, fields jsonb)`,
    [JSON.stringify(rows)],
  )
  await database.query(
    `insert into link (field, source_root, source_id, target_root, target_id, many)
     select field, 'Knot', source, 'Knot', target, many
     from jsonb_to_recordset($1::jsonb) l(field text, source int, target int, many boolean)`,
    [JSON.stringify(pairs)],
  )
  await database.query(
    `insert into key (rule, value, root, id, is_unique)
     select 'Knot name', md5(fields ->> 'name'), root, id, false
     from record where root = 'Knot' and fields ? 'name'`,
  )
}

test('the database finds what a look at every record finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      worlds,
      fc.array(elements, { minLength: 5, maxLength: 5 }),
      async (world, queries) => {
        await write(world)
        for (const asked of queries) {
          const found: unknown[] = []
          const query = { kind: 'DEFAULT', elements: asked.map(elementOf) } as const
          for await (const batch of under.store.as(administrator).query('Knot', query)) {
            found.push(...batch.map(({ id }) => id))
          }
          const expected = world.filter((node) => holds(world, node, asked)).map(({ id }) => id)
          expect(found).toEqual(expected)
        }
      },
    ),
    { numRuns: isLong ? 2000 : 60 },
  )
}, 900_000)

test('pages in any order hold every record once, in that order', async () => {
  const keys = fc.uniqueArray(
    fc.constantFrom('name', '-name', 'size', '-size', 'weight', 'parent', '-parent'),
    { maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(worlds, keys, fc.constantFrom(1, 2, 3), async (world, order, limit) => {
      await write(world)
      const records = under.store.as(administrator)
      const query = { kind: 'DEFAULT', elements: [], order } as const
      const found: unknown[] = []
      let after: string | undefined
      do {
        const page = await records.page('Knot', query, limit, after)
        found.push(...page.records.map(({ id }) => id))
        after = page.next
      } while (after !== undefined)
      const compare = (left: Node, right: Node): number => {
        for (const key of order) {
          const name = key.replace('-', '') as Exclude<Field, 'id'>
          const [a, b] = key.startsWith('-') ? [right[name], left[name]] : [left[name], right[name]]
          if (a !== b) return a === null || (b !== null && a > b) ? 1 : -1
        }
        return left.id - right.id
      }
      expect(found).toEqual([...world].toSorted(compare).map(({ id }) => id))
    }),
    { numRuns: isLong ? 1000 : 40 },
  )
}, 900_000)
