import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  changeId,
  changeSchema,
  ContractError,
  decodeChange,
  encodeChange,
  maxIncludeDepth,
  recordOperations,
  type Change,
  type Expanded,
} from '#contract'

const deadline = Date.UTC(2026, 0, 31, 12, 0, 30)
const options = {
  source: '/synchronizers/hello-world',
  deadline,
  time: Date.UTC(2026, 0, 31, 12, 0, 0),
}

const change: Change = {
  operation: 'sync',
  model: 'HelloWorldServiceInstance',
  record: { id: 7, hello_to: 'Daenerys Targaryen', owner_id: 1 },
  expanded: {
    owner: { model: 'HelloWorldService', record: { id: 1, hello_from: 'Jhon Snow' }, expanded: {} },
    ports: [],
    site: null,
  },
  stamp: 1_769_860_800_123_456,
  attempt: 2,
  previous: { code: 0, text: 'Maybe later' },
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a change is one CloudEvent with an idempotency key', () => {
  expect(encodeChange(change, { ...options, traceparent })).toEqual({
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'HelloWorldServiceInstance/7@1769860800123456/sync',
      'ce-source': '/synchronizers/hello-world',
      'ce-type': 'org.opencord.xos.sync_record.v1',
      'ce-subject': 'HelloWorldServiceInstance/7',
      'ce-time': '2026-01-31T12:00:00.000Z',
      'ce-dataschema': 'urn:syncstep:model:HelloWorldServiceInstance',
      'ce-attempt': '2',
      'ce-partitionkey': 'HelloWorldServiceInstance/7',
      'ce-expirytime': '2026-01-31T12:00:30.000Z',
      'ce-traceparent': traceparent,
      traceparent,
      'idempotency-key': 'HelloWorldServiceInstance/7@1769860800123456/sync',
    },
    body: JSON.stringify(change),
  })
})

test('a delete has a type and an id of its own', () => {
  const { headers } = encodeChange({ ...change, operation: 'delete' }, options)
  expect(headers).toMatchObject({
    'ce-type': 'org.opencord.xos.delete_record.v1',
    'ce-id': 'HelloWorldServiceInstance/7@1769860800123456/delete',
  })
})

test('a retry has the same id, an edit another', () => {
  const idOf = (other: Partial<Change>) =>
    encodeChange({ ...change, ...other }, options).headers['ce-id']
  expect(idOf({ attempt: 3 })).toBe(idOf({}))
  expect(idOf({ stamp: change.stamp + 1 })).not.toBe(idOf({}))
})

const rows = fc
  .tuple(
    fc.integer({ min: 1, max: 9_999_999_999 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')),
      fc.jsonValue(),
    ),
  )
  .map(([id, fields]) => ({ ...(JSON.parse(JSON.stringify(fields)) as object), id }))

const modelNames = fc.stringMatching(/^[A-Za-z_$][A-Za-z0-9_$]{0,30}$/)

const expansions = (depth: number): fc.Arbitrary<Expanded> => {
  if (depth === 0) return fc.constant({})
  const related = fc.record(
    { model: modelNames, record: rows, expanded: expansions(depth - 1) },
    { noNullPrototype: true },
  )
  return fc.dictionary(
    fc.string(),
    fc.oneof(fc.constant(null), related, fc.array(related, { maxLength: 2 })),
    { maxKeys: 2, noNullPrototype: true },
  )
}

const changes: fc.Arbitrary<Change> = fc.record(
  {
    operation: fc.constantFrom(...recordOperations),
    model: modelNames,
    record: rows,
    expanded: expansions(maxIncludeDepth),
    stamp: fc.maxSafeNat(),
    attempt: fc.integer({ min: 1, max: 2_147_483_647 }),
    previous: fc.record(
      { code: fc.integer(), text: fc.string({ unit: 'binary' }) },
      { noNullPrototype: true },
    ),
  },
  {
    requiredKeys: ['operation', 'model', 'record', 'expanded', 'stamp', 'attempt'],
    noNullPrototype: true,
  },
)

test('any change survives the wire in both modes, with its deadline', () => {
  const times = fc.integer({ min: 0, max: 253_402_300_799_000 })
  fc.assert(
    fc.property(changes, times, fc.constantFrom('binary', 'structured'), (given, time, mode) => {
      const { headers, body } = encodeChange(given, { ...options, deadline: time, mode })
      const decoded = decodeChange(headers, Buffer.from(body))
      expect(decoded.change).toEqual(given)
      expect(JSON.stringify(decoded.change)).toBe(JSON.stringify(given))
      expect(decoded.deadline).toBe(time)
      expect(decoded.event).toMatchObject({ id: changeId(given), source: options.source })
    }),
  )
})

const refusal = (data: unknown, headers: Readonly<Record<string, string>> = {}): ContractError => {
  const message = encodeChange(change, options)
  try {
    decodeChange({ ...message.headers, ...headers }, JSON.stringify(data))
  } catch (error) {
    if (error instanceof ContractError) return error
    throw error
  }
  throw new Error('Expected the change to be refused')
}

/** Related records of related records, so many levels deep. */
const nested = (depth: number): object =>
  depth === 0 ? {} : { x: { model: 'M', record: { id: 1 }, expanded: nested(depth - 1) } }

describe('a change is refused that', () => {
  test.each<[string, unknown, string]>([
    ['is a list', [], 'Expected data to be an object, got a list'],
    ['is null', null, 'Expected data to be an object, got null'],
    [
      'has no operation',
      { ...change, operation: undefined },
      'Expected data.operation to be one of sync, delete, policy_create, policy_update, policy_delete, got nothing',
    ],
    [
      'has another operation',
      { ...change, operation: 'drop' },
      'Expected data.operation to be one of sync, delete, policy_create, policy_update, policy_delete, got "drop"',
    ],
    [
      'has a model that is no name',
      { ...change, model: 'a b' },
      'Expected data.model to be the name of a model, got "a b"',
    ],
    ['has no record', { ...change, record: 1 }, 'Expected data.record to be an object, got 1'],
    [
      'has a record without id',
      { ...change, record: {} },
      'Expected data.record.id to be a whole number from 1 to 9999999999, got nothing',
    ],
    [
      'has an id of text',
      { ...change, record: { id: '7' } },
      'Expected data.record.id to be a whole number from 1 to 9999999999, got "7"',
    ],
    [
      'has a negative stamp',
      { ...change, stamp: -1 },
      'Expected data.stamp to be a whole number from 0 to 9007199254740991, got -1',
    ],
    [
      'was never attempted',
      { ...change, attempt: 0 },
      'Expected data.attempt to be a whole number from 1 to 2147483647, got 0',
    ],
    [
      'has a link to a number',
      { ...change, expanded: { owner: 1 } },
      'Expected data.expanded.owner to be an object, got 1',
    ],
    [
      'has a broken record in a set',
      { ...change, expanded: { ports: [{ model: 'P', record: { id: 1 } }] } },
      'Expected data.expanded.ports[0].expanded to be an object, got nothing',
    ],
    [
      'has a previous outcome without a text',
      { ...change, previous: { code: 1 } },
      'Expected data.previous.text to be a string, got nothing',
    ],
  ])('%s', (_, data, message) => {
    expect(refusal(data)).toMatchObject({ code: 'CHANGE_MALFORMED', status: 400, message })
  })

  test('nests deeper than steps can ask for', () => {
    expect(refusal({ ...change, expanded: nested(4) }).message).toBe(
      'Expected data.expanded.x.expanded.x.expanded.x.expanded to be nested at most 3 deep, got a link "x"',
    )
    expect(refusal({ ...change, expanded: nested(500) }).message).toMatch(/at most 3 deep/)
  })

  test('does not agree with its event', () => {
    expect(refusal({ ...change, operation: 'delete' }).message).toBe(
      'Expected type org.opencord.xos.delete_record.v1, as the data says, got org.opencord.xos.sync_record.v1',
    )
    expect(refusal({ ...change, record: { id: 8 } }).message).toBe(
      'Expected subject HelloWorldServiceInstance/8, as the data says, got HelloWorldServiceInstance/7',
    )
  })

  test('has a deadline that is no time', () => {
    expect(refusal(change, { 'ce-expirytime': 'soon' }).message).toMatch(
      /expirytime to be a timestamp/,
    )
  })
})

test('an event without a deadline has none, and a subject may be missing', () => {
  const { headers, body } = encodeChange(change, options)
  const fewer = { ...headers, 'ce-expirytime': undefined, 'ce-subject': undefined }
  expect(decodeChange(fewer, body)).not.toHaveProperty('deadline')
})

test('names that objects inherit are fields like any other and pollute nothing', () => {
  const { headers, body } = encodeChange(change, options)
  const record = '{"__proto__":{"polluted":true},"constructor":1,"id":7}'
  const decoded = decodeChange(headers, body.replace(JSON.stringify(change.record), record))
  expect(JSON.stringify(decoded.change.record)).toBe(record)
  expect({}).not.toHaveProperty('polluted')
})

const parts: readonly (readonly [string, string?])[] = [
  ['operation'],
  ['model'],
  ['record'],
  ['record', 'id'],
  ['expanded'],
  ['expanded', 'owner'],
  ['stamp'],
  ['attempt'],
  ['previous'],
  ['previous', 'code'],
  ['extra'],
]

/** The change with one part replaced by any JSON value. */
const spoilt = fc
  .tuple(changes, fc.constantFrom(...parts), fc.jsonValue())
  .map(([given, [name, inner], junk]) => {
    const copy = JSON.parse(JSON.stringify(given)) as Record<string, unknown>
    if (inner === undefined) return { ...copy, [name]: junk }
    return { ...copy, [name]: { ...(copy[name] as object | undefined), [inner]: junk } }
  })

test('the published schema and the checks accept the same', () => {
  const schemaAccepts = new Ajv({ strict: false }).compile(changeSchema)
  const weAccept = (data: unknown): boolean =>
    recordOperations.some((operation) => {
      const { headers } = encodeChange({ ...change, operation }, options)
      try {
        decodeChange({ ...headers, 'ce-subject': undefined }, JSON.stringify(data))
        return true
      } catch {
        return false
      }
    })
  for (const depth of [0, 3, 4]) {
    const data = { ...change, expanded: nested(depth) }
    expect([weAccept(data), schemaAccepts(data)]).toEqual(depth > 3 ? [false, false] : [true, true])
  }
  fc.assert(
    fc.property(fc.oneof(changes, spoilt), (data) => {
      expect(weAccept(data)).toBe(schemaAccepts(data))
    }),
    { numRuns: 500 },
  )
})
