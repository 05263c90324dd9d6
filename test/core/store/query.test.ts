import { beforeAll, expect, test } from 'vitest'
import { CoreError, type Query, type QueryElement, type QueryKind } from '#core'
import {
  administrator,
  asAdministrator,
  openTestStore,
  type TestStore,
} from '../../support/store.ts'

let under: TestStore

const models = `
option app_label = "zoo";
message Zoo (XOSBase) {
  required string name = 1 [max_length = 100, unique = True];
  optional string city = 2 [max_length = 100];
  optional int32 rooms = 3;
  optional bool open = 4;
  optional float fee = 5;
  optional int64 visits = 6;
  optional string since = 7 [content_type = "date"];
  optional manytoone twin->Zoo:twins = 8:1001;
  optional manytomany friends->Zoo/Zoo_friends:friend_of = 9:1002;
}
message Animal (XOSBase) {
  required string name = 1 [max_length = 100];
  optional string kind = 2 [max_length = 100];
  optional int32 legs = 3;
  required manytoone zoo->Zoo:animals = 4:1003;
  optional manytoone keeper->User:charges = 5:1101;
}
message Bird (Animal) { optional int32 eggs = 1; }
`

const administrators = () => under.store.as(administrator)

beforeAll(async () => {
  under = await openTestStore()
  await under.load(models, [], 'zoo')
  const { create, update, remove } = asAdministrator(under.store)
  await create('Zoo', {
    name: 'Ärtis',
    city: 'Amsterdam',
    rooms: 9,
    open: true,
    fee: 1.5,
    visits: 2 ** 40,
  })
  await create('Zoo', {
    name: 'Berlin_1%',
    city: 'Berlin',
    rooms: 10,
    open: false,
    fee: 20,
    since: 1000.25,
    twin_id: 1,
    friends_ids: [1],
  })
  await create('Zoo', { name: 'C', twin_id: 2, friends_ids: [1, 2] })
  await create('Zoo', { name: 'gone', twin_id: 1, city: 'Berlin' })
  await create('Animal', { name: 'Leo', kind: 'lion', legs: 4, zoo_id: 1, keeper_id: 1 })
  await create('Animal', { name: 'leo', kind: 'cat', legs: 4, zoo_id: 2 })
  await create('Bird', { name: 'Kes', kind: 'hawk', legs: 2, zoo_id: 1, eggs: 3 })
  await create('Animal', { name: 'Moby', zoo_id: 2 })
  // Synced, synced and changed since, kept out of sync.
  const stamps = { enacted: under.clock.now() / 1000, policed: under.clock.now() / 1000 }
  await update('Animal', 1, stamps, { callerKind: 'synchronizer' })
  await update('Animal', 2, stamps, { callerKind: 'synchronizer' })
  await under.clock.advance(1000)
  await update('Animal', 2, { legs: 3 })
  await update('Animal', 4, { no_sync: true, no_policy: true })
  await update('Zoo', 4, { backend_need_delete: true }, { callerKind: 'synchronizer' })
  await remove('Zoo', 4)
})

const element = (name: string, value: string | number, more: Partial<QueryElement> = {}) => ({
  name,
  value,
  operator: 'EQUAL' as const,
  invert: false,
  ...more,
})

const idsOf = async (model: string, query: Query): Promise<number[]> => {
  const ids: number[] = []
  for await (const batch of administrators().query(model, query)) {
    ids.push(...batch.map(({ id }) => Number(id)))
  }
  return ids
}

const matching = (model: string, ...elements: QueryElement[]): Promise<number[]> =>
  idsOf(model, { kind: 'DEFAULT', elements })

const errorOf = async (work: Promise<unknown>) => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof CoreError)) throw new Error(`Expected a CoreError, got ${String(thrown)}`)
  return `${thrown.code} ${thrown.message}`
}

test.each<[string, string, string | number, readonly number[], readonly number[]]>([
  // model, name, value, ids that match, ids that match the inverted element
  ['Zoo', 'name', 'C', [3], [1, 2]],
  ['Zoo', 'name', 'c', [], [1, 2, 3]],
  ['Zoo', 'city', 'Berlin', [2], [1, 3]],
  ['Zoo', 'rooms', 10, [2], [1, 3]],
  ['Zoo', 'rooms', ' +10 ', [2], [1, 3]],
  ['Zoo', 'rooms__gt', 9, [2], [1, 3]],
  ['Zoo', 'rooms__gte', '9', [1, 2], [3]],
  ['Zoo', 'rooms__lt', '10', [1], [2, 3]],
  ['Zoo', 'fee__gt', '1.5', [2], [1, 3]],
  ['Zoo', 'fee', '1.50', [1], [2, 3]],
  ['Zoo', 'visits', String(2 ** 40), [1], [2, 3]],
  ['Zoo', 'since', '1000.25', [2], [1, 3]],
  ['Zoo', 'open', 'True', [1], [2, 3]],
  ['Zoo', 'open', 't', [1], [2, 3]],
  ['Zoo', 'open', 1, [1], [2, 3]],
  ['Zoo', 'open', 0, [2, 3], [1]],
  ['Zoo', 'id', '2', [2], [1, 3]],
  ['Zoo', 'pk__lte', 2, [1, 2], [3]],
  ['Zoo', 'id__in', '1,3,99', [1, 3], [2]],
  ['Zoo', 'name__iexact', 'bERLIN_1%', [2], [1, 3]],
  ['Zoo', 'name__contains', '_1%', [2], [1, 3]],
  ['Zoo', 'name__contains', '%', [2], [1, 3]],
  ['Zoo', 'city__icontains', 'BER', [2], [1, 3]],
  ['Zoo', 'city__contains', '', [1, 2], [3]],
  ['Zoo', 'name__startswith', 'B', [2], [1, 3]],
  ['Zoo', 'name__istartswith', 'b', [2], [1, 3]],
  ['Zoo', 'name__endswith', 's', [1], [2, 3]],
  ['Zoo', 'name__iendswith', 'S', [1], [2, 3]],
  ['Zoo', 'name__regex', '^.e', [2], [1, 3]],
  ['Zoo', 'name__iregex', '^c$', [3], [1, 2]],
  ['Zoo', 'city__isnull', 'True', [3], [1, 2]],
  ['Zoo', 'city__isnull', 0, [1, 2], [3]],
  ['Zoo', 'updated__gt', 0, [1, 2, 3], []],
  ['Zoo', 'enacted', 0, [], [1, 2, 3]],
  ['Zoo', 'enacted__isnull', 1, [1, 2, 3], []],
  ['Zoo', 'backend_code', 0, [1, 2, 3], []],
  ['Zoo', 'no_sync', 'False', [1, 2, 3], []],
  ['Zoo', 'backend_status__icontains', 'progress', [1, 2, 3], []],
  // links: forward, in reverse, to many
  ['Zoo', 'twin_id', 1, [2], [1, 3]],
  ['Zoo', 'twin', '1', [2], [1, 3]],
  ['Zoo', 'twin__id', '1', [2], [1, 3]],
  ['Zoo', 'twin__isnull', 'True', [1], [2, 3]],
  ['Zoo', 'twin_id__gt', 1, [3], [1, 2]],
  ['Zoo', 'twin__name', 'Ärtis', [2], [1, 3]],
  ['Zoo', 'twin__twin__name', 'Ärtis', [3], [1, 2]],
  ['Zoo', 'twin__city__isnull', 'True', [1], [2, 3]],
  ['Zoo', 'twin__name__regex', 'tis|_1', [2, 3], [1]],
  ['Zoo', 'twins__name', 'C', [2], [1, 3]],
  // a record that is being deleted is in no set
  ['Zoo', 'twins__name', 'gone', [], [1, 2, 3]],
  ['Zoo', 'friends', 1, [2, 3], [1]],
  ['Zoo', 'friends_ids', '2', [3], [1, 2]],
  ['Zoo', 'friends__city', 'Berlin', [3], [1, 2]],
  ['Zoo', 'friend_of', 3, [1, 2], [3]],
  ['Zoo', 'friends__isnull', 'True', [1], [2, 3]],
  ['Zoo', 'animals__legs', 4, [1], [2, 3]],
  ['Zoo', 'animals__legs__isnull', 'True', [2, 3], [1]],
  ['Zoo', 'animals__keeper__email', 'admin@opencord.org', [1], [2, 3]],
  ['Zoo', 'animals', 2, [2], [1, 3]],
  ['Animal', 'zoo__city', 'Amsterdam', [1, 3], [2, 4]],
  ['Animal', 'zoo__friend_of__name', 'C', [1, 2, 3, 4], []],
  ['Animal', 'leaf_model_name', 'Bird', [3], [1, 2, 4]],
  ['Bird', 'legs', 2, [3], []],
  ['Bird', 'eggs', 3, [3], []],
  ['Bird', 'zoo__animals__name', 'Leo', [3], []],
])('%s with %s = %j: %j, and inverted %j', async (model, name, value, ids, inverted) => {
  expect(await matching(model, element(name, value))).toEqual(ids)
  expect(await matching(model, element(name, value, { invert: true }))).toEqual(inverted)
})

test.each<[QueryElement['operator'], string, string | number, readonly number[]]>([
  ['EQUAL', 'name', 'leo', [2]],
  ['GREATER_THAN', 'legs', 3, [1]],
  ['LESS_THAN', 'legs', 3, [3]],
  ['GREATER_THAN_OR_EQUAL', 'legs', 3, [1, 2]],
  ['LESS_THAN_OR_EQUAL', 'legs', 3, [2, 3]],
  ['IEXACT', 'name', 'LEO', [1, 2]],
  ['CONTAINS', 'name', 'e', [1, 2, 3]],
  ['ICONTAINS', 'kind', 'A', [2, 3]],
  ['REGEX', 'name', 'L|M', [1, 4]],
  ['IREGEX', 'name', '^l', [1, 2]],
  ['REGEX', 'legs', '^[34]$', [1, 2]],
  ['GREATER_THAN', 'name', 'Leo', [2, 4]],
])('%s %s %j: %j', async (operator, name, value, ids) => {
  expect(await matching('Animal', element(name, value, { operator }))).toEqual(ids)
})

test.each<[QueryKind, string, readonly number[]]>([
  ['DEFAULT', 'Animal', [1]],
  // where elements are ignored
  ['ALL', 'Animal', [1, 2, 3, 4]],
  ['SYNCHRONIZER_DELETED_OBJECTS', 'Zoo', [4]],
  ['SYNCHRONIZER_DELETED_POLICIES', 'Zoo', [4]],
])('%s of one %s by its name: %j', async (kind, model, ids) => {
  const elements = [element('name', model === 'Zoo' ? 'gone' : 'Leo')]
  expect(await idsOf(model, { kind, elements })).toEqual(ids)
})

test('dirty are those that were never synced, or changed since, and may be', async () => {
  const dirty = (kind: QueryKind) => idsOf('Animal', { kind, elements: [] })
  expect(await dirty('SYNCHRONIZER_DIRTY_OBJECTS')).toEqual([2, 3])
  expect(await dirty('SYNCHRONIZER_DIRTY_POLICIES')).toEqual([2, 3])
})

test('a record that is being deleted is found by its links as well', async () => {
  const query = {
    kind: 'SYNCHRONIZER_DELETED_OBJECTS',
    elements: [element('twin__city', 'Amsterdam')],
  } as const
  expect(await idsOf('Zoo', query)).toEqual([4])
})

test('elements on the same set ask for one record that passes them all', async () => {
  const both = [element('animals__name', 'Kes'), element('animals__legs', 4)]
  expect(await matching('Zoo', ...both)).toEqual([])
  expect(
    await matching('Zoo', element('animals__name', 'Kes'), element('animals__legs', 2)),
  ).toEqual([1])
})

test.each<[string, string, string | number, string]>([
  ['Zoo', 'nmae', 'x', 'INVALID_FIELD Zoo has no field or link named nmae; did you mean name?'],
  [
    'Zoo',
    'twin__nmae',
    'x',
    'INVALID_FIELD Zoo has no field or link named nmae; did you mean name?',
  ],
  ['Zoo', '', 'x', 'INVALID_FIELD Zoo has no field or link named '],
  [
    'Zoo',
    'name__like',
    'x',
    'INVALID_FIELD name__like: expected a lookup such as icontains or gte at the end, got like; did you mean lte?',
  ],
  [
    'Zoo',
    'name__gt__lt',
    'x',
    'INVALID_FIELD name__gt__lt: expected a lookup such as icontains or gte at the end, got gt__lt; did you mean gt?',
  ],
  [
    'Zoo',
    "name'; drop table record; --",
    'x',
    "INVALID_FIELD Zoo has no field or link named name'; drop table record; --",
  ],
  ['Zoo', 'name" or 1=1', 'x', 'INVALID_FIELD Zoo has no field or link named name" or 1=1'],
  [
    'Zoo',
    'twin__'.repeat(9) + 'name',
    'x',
    'INVALID_FIELD twin__twin__twin__twin__twin__twin__twin__twin__twin__name: expected at most 8 links in a row',
  ],
  ['Zoo', 'n'.repeat(600), 'x', 'INVALID_FIELD Expected the name of a field, got 600 characters'],
  ['Zoo', 'rooms', 'ten', 'INVALID_FIELD rooms: expected a number, got "ten"'],
  ['Zoo', 'id', '1.5', 'INVALID_FIELD id: expected a number, got "1.5"'],
  ['Zoo', 'id', '1 or 1=1', 'INVALID_FIELD id: expected a number, got "1 or 1=1"'],
  [
    'Zoo',
    'id',
    '9'.repeat(30),
    'INVALID_FIELD id: expected a number, got "999999999999999999999999999999"',
  ],
  ['Zoo', 'open', 'yes', 'INVALID_FIELD open: expected True or False, got "yes"'],
  [
    'Zoo',
    'updated',
    'yesterday',
    'INVALID_FIELD updated: expected seconds since 1970, got "yesterday"',
  ],
  ['Zoo', 'updated', '1e300', 'INVALID_FIELD updated: expected seconds since 1970, got "1e300"'],
  [
    'Zoo',
    'updated__contains',
    '1',
    'INVALID_FIELD updated__contains: a time is compared with seconds since 1970: exact, gt, gte, lt, lte',
  ],
  ['Zoo', 'name', 'a\0b', 'INVALID_FIELD name: expected text without NUL characters'],
  ['Zoo', 'name', '\ud800', 'INVALID_FIELD name: expected well-formed Unicode text'],
  [
    'Zoo',
    'name',
    'x'.repeat(10_000_000),
    'INVALID_FIELD name: expected at most 65536 characters, got 10000000',
  ],
  [
    'Zoo',
    'name__isnull',
    'maybe',
    'INVALID_FIELD name__isnull: expected True or False, got "maybe"',
  ],
  [
    'Zoo',
    'id__in',
    '1,'.repeat(1000),
    'INVALID_FIELD id__in: expected at most 1000 values, got 1001',
  ],
  ['User', 'password', 'x', 'INVALID_FIELD User has no field or link named password'],
  [
    'User',
    'password__startswith',
    'scrypt',
    'INVALID_FIELD User has no field or link named password',
  ],
  [
    'Animal',
    'keeper__password__regex',
    '^s',
    'INVALID_FIELD User has no field or link named password',
  ],
])('%#: refused', async (model, name, value, message) => {
  expect(await errorOf(matching(model, element(name, value)))).toBe(message)
})

test('an operator and a lookup at once are refused, and so are too many elements', async () => {
  const twice = element('name__contains', 'x', { operator: 'REGEX' })
  expect(await errorOf(matching('Zoo', twice))).toBe(
    'INVALID_FIELD name__contains: expected REGEX or the lookup contains, got both; use EQUAL with a lookup',
  )
  const many = Array.from({ length: 101 }, () => element('name', 'C'))
  expect(await matching('Zoo', ...many.slice(1))).toEqual([3])
  expect(await errorOf(matching('Zoo', ...many))).toBe(
    'INVALID_FIELD Expected at most 100 elements in a query, got 101',
  )
})

test.each([
  [
    '('.repeat(500),
    /^INVALID_FIELD name__regex: expected a regular expression \(RE2\), got one with an error/,
  ],
  ['*', /missing argument to repetition operator/],
  ['(a)\\1', /invalid escape sequence/],
  ['(?=a)', /invalid or unsupported/],
  ['((a{1,100}){1,100}){1,100}', /invalid repeat count/],
  ['a'.repeat(1001), /expected a regular expression of at most 1000 characters, got 1001/],
])('regular expression %# is refused', async (pattern, message) => {
  expect(await errorOf(matching('Zoo', element('name__regex', pattern)))).toMatch(message)
})

/** Zoos 100, 101, ... whose names are so many times the letter a, for as long as the work goes on. */
const withLongNames = async (
  count: number,
  letters: number,
  work: () => Promise<void>,
): Promise<void> => {
  await under.database.query(
    `insert into record (root, id, leaf, fields, created, updated, backend_status, backend_code)
     select 'Zoo', n, 'Zoo', jsonb_build_object('name', repeat('a', $2::int)), 0, 0, '', 0
     from generate_series(100, 99 + $1::int) n`,
    [count, letters],
  )
  await work().finally(() =>
    under.database.query(`delete from record where root = 'Zoo' and id >= 100`),
  )
}

test('a regular expression that takes too long says so', () =>
  withLongNames(1, 60_000, async () => {
    expect(await matching('Zoo', element('name__regex', '^(a*)*$'))).toEqual([100])
    expect(await errorOf(matching('Zoo', element('name__regex', '(?:.*a.{500})$')))).toBe(
      'INVALID_FIELD name__regex: this regular expression takes too long on the record with id 100; write a shorter one, or use contains',
    )
  }))

test('all regular expressions of a question share what they may take', () =>
  withLongNames(50, 60_000, async () => {
    const once = element('name__regex', '^(a*)*$')
    expect(await matching('Zoo', once)).toHaveLength(50)
    expect(await errorOf(matching('Zoo', once, { ...once, name: 'name__iregex' }))).toBe(
      'INVALID_FIELD name__iregex: regular expressions take too long on so many records; ask for fewer with other elements, write shorter ones, or use contains',
    )
  }))

test('a regular expression is asked about records that all else lets through, inverted or behind a link', () =>
  withLongNames(1, 1_000_000, async () => {
    const [one, inverted] = [
      element('name__regex', 'is$'),
      element('name__regex', 'is$', { invert: true }),
    ]
    const few = element('rooms__gt', 0)
    expect(await errorOf(matching('Zoo', one))).toMatch(/with id 100;/)
    expect(await matching('Zoo', one, few)).toEqual([1])
    expect(await matching('Zoo', inverted, few)).toEqual([2])
    expect(await matching('Zoo', element('rooms__isnull', 0), one)).toEqual([1])
    const behind = [element('zoo__name__regex', 'is$'), element('zoo__rooms', 9)]
    expect(await errorOf(matching('Animal', behind[0]!))).toMatch(/with id 100;/)
    expect(await matching('Animal', ...behind)).toEqual([1, 3])
    await under.database.query(`update record set deleted = true where root = 'Zoo' and id = 100`)
    expect(await matching('Zoo', one)).toEqual([1])
  }))

test('other clients are served while a regular expression is asked about many records', () =>
  withLongNames(50, 60_000, async () => {
    let turns = 0
    let isOver = false
    const count = (): void => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    count()
    await matching('Zoo', element('name__regex', '^(a*)*$'))
    isOver = true
    expect(turns).toBeGreaterThan(20)
  }))

test('queries that ask for too much are refused', async () => {
  const pattern = element('name__regex', 'x')
  expect(await errorOf(matching('Zoo', ...Array.from({ length: 11 }, () => pattern)))).toBe(
    'INVALID_FIELD Expected at most 10 regular expressions in a query, got 11',
  )
  const path = element('twin__friends__twins__name', 'x')
  expect(await errorOf(matching('Zoo', ...Array.from({ length: 17 }, () => path)))).toBe(
    'INVALID_FIELD Expected at most 50 links in a query, got 51',
  )
})

const pagesOf = async (query: Query, limit: number): Promise<number[][]> => {
  const pages: number[][] = []
  let after: string | undefined
  do {
    const { records, next } = await administrators().page('Zoo', query, limit, after)
    pages.push(records.map(({ id }) => Number(id)))
    after = next
  } while (after !== undefined)
  return pages
}

test.each<[readonly string[], readonly number[][]]>([
  [[], [[1, 2], [3]]],
  [['-id'], [[3, 2], [1]]],
  [['-name'], [[1, 3], [2]]],
  // null comes last, and first when descending
  [['city'], [[1, 2], [3]]],
  [['-city'], [[3, 2], [1]]],
  [['rooms'], [[1, 2], [3]]],
  [
    ['-rooms', '-id'],
    [[3, 2], [1]],
  ],
  [['open'], [[2, 3], [1]]],
  [['twin_id'], [[2, 3], [1]]],
  [
    ['-updated', 'name'],
    [[2, 3], [1]],
  ],
  [
    ['deleted', 'leaf_model_name', 'backend_code', '-pk'],
    [[3, 2], [1]],
  ],
])('in pages of two, ordered by %j: %j', async (order, pages) => {
  expect(await pagesOf({ kind: 'DEFAULT', elements: [], order }, 2)).toEqual(pages)
})

const anything: Query = { kind: 'DEFAULT', elements: [] }

test.each<[Query, number, string | undefined, RegExp]>([
  [anything, 0, undefined, /^INVALID_FIELD limit: expected a whole number from 1 to 1000, got 0$/],
  [anything, 1001, undefined, /got 1001$/],
  [anything, 1.5, undefined, /got 1.5$/],
  [
    anything,
    5,
    'nonsense',
    /^INVALID_FIELD Expected in after what the page before answered as next/,
  ],
  [anything, 5, '', /^INVALID_FIELD Expected in after/],
  [
    anything,
    5,
    Buffer.from('["Zoo","",1e99]').toString('base64url'),
    /^INVALID_FIELD Expected in after/,
  ],
  [
    { ...anything, order: ['name'] },
    5,
    Buffer.from('["Zoo","name",1,{}]').toString('base64url'),
    /^INVALID_FIELD/,
  ],
  [
    { ...anything, order: ['name'] },
    5,
    Buffer.from('["Zoo","name",1,"\\u0000"]').toString('base64url'),
    /^INVALID_FIELD/,
  ],
  [
    { ...anything, order: ['size'] },
    5,
    undefined,
    /^INVALID_FIELD Zoo has no field size to order by$/,
  ],
  [{ ...anything, order: ['friends'] }, 5, undefined, /has no field friends to order by$/],
  [
    { ...anything, order: Array.from({ length: 9 }, () => 'name') },
    5,
    undefined,
    /at most 8 fields/,
  ],
])('%j by %d after %s: refused', async (query, limit, after, message) => {
  expect(await errorOf(administrators().page('Zoo', query, limit, after))).toMatch(message)
})

test('a place in one order is none in another', async () => {
  const { next } = await administrators().page('Zoo', anything, 1, undefined)
  const other = administrators().page('Zoo', { ...anything, order: ['name'] }, 1, next)
  expect(await errorOf(other)).toMatch(/^INVALID_FIELD Expected in after/)
  const users = administrators().page('User', anything, 1, next)
  expect(await errorOf(users)).toMatch(/^INVALID_FIELD Expected in after/)
  const passwords = administrators().page(
    'User',
    { ...anything, order: ['password'] },
    1,
    undefined,
  )
  expect(await errorOf(passwords)).toBe('INVALID_FIELD User has no field password to order by')
})

test('a list of many records comes in batches, and each record once', async () => {
  const insert = `insert into record (root, id, leaf, fields, created, updated, backend_status, backend_code)
    select 'Animal', n, 'Animal', jsonb_build_object('name', 'n' || n), 0, 0, '', 0
    from generate_series(1001, 2234) n`
  await under.database.query(insert)
  const sizes: number[] = []
  const seen = new Set<unknown>()
  for await (const batch of administrators().query('Animal', anything)) {
    sizes.push(batch.length)
    for (const { id } of batch) seen.add(id)
  }
  expect(sizes).toEqual([500, 500, 238])
  expect(seen.size).toBe(1238)
  expect(await administrators().list('Animal')).toHaveLength(1238)
  await under.database.query(`delete from record where root = 'Animal' and id > 1000`)
})
