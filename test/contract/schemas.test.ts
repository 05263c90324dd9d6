import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import {
  contractSchemas,
  encodeChange,
  outcomeOfAnswer,
  outcomeOfCompletion,
  type Change,
} from '#contract'

const ajv = new Ajv({ allowUnionTypes: true })
for (const schema of Object.values(contractSchemas)) ajv.addSchema(schema)

const fits = (name: keyof typeof contractSchemas, value: unknown): boolean =>
  ajv.validate(contractSchemas[name].$id, value)

const change: Change = {
  operation: 'sync',
  model: 'Color',
  record: { id: 7, name: 'red' },
  expanded: { page: { model: 'Page', record: { id: 3 }, expanded: {} }, inks: [] },
  stamp: 5,
  attempt: 2,
  previous: { code: 2, text: 'no route to host' },
}

test('an event as it is sent fits its schema, and so does its data', () => {
  const { body } = encodeChange(change, {
    source: '/synchronizers/paint',
    time: 0,
    deadline: 30_000,
    mode: 'structured',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    completionUrl: 'https://core.test/right',
  })
  const event = JSON.parse(body) as object

  expect(fits('event', event)).toBe(true)
  expect(fits('change', change)).toBe(true)
  expect(fits('event', { ...event, data: { ...change, stamp: -1 } })).toBe(false)
  expect(fits('event', { ...event, type: 'org.opencord.xos.rename_record.v1' })).toBe(false)
})

test('the schema names every attribute that is sent', () => {
  const { body } = encodeChange(change, {
    source: '/s',
    time: 0,
    deadline: 1,
    mode: 'structured',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    completionUrl: 'https://core.test/right',
  })

  expect(Object.keys(contractSchemas.event.properties).sort()).toEqual(
    Object.keys(JSON.parse(body) as object).sort(),
  )
})

const synced = (body: string) =>
  outcomeOfAnswer(
    { status: 200, header: () => 'application/json', body },
    { target: 'paint', operation: 'sync', now: 0 },
  ).kind === 'synced'

test.each([
  [{}, true],
  [{ feedback: { shade: 'dark' }, note: 'In two coats' }, true],
  [{ note: 7 }, false],
  [{ feedback: [] }, false],
  [{ shade: 'dark' }, false],
])('the body %j of a 200 fits exactly if it is taken: %s', (body, isTaken) => {
  expect(fits('done', body)).toBe(isTaken)
  expect(synced(JSON.stringify(body))).toBe(isTaken)
})

test.each([
  [{ status: 'synced', feedback: { vlan: 7 }, note: 'x' }, true],
  [{ status: 'deferred', retry_after: 5, waiting_on: { model: 'Page', id: 3 } }, true],
  [{ status: 'failed', detail: 'No', retry: false }, true],
  [{ status: 'failed', retry_after: 5 }, false],
  [{ status: 'deferred', retry_after: -1 }, false],
  [{ status: 'done' }, false],
])('the completion %j fits exactly if it is taken: %s', (body, isTaken) => {
  expect(fits('completion', body)).toBe(isTaken)
  expect(typeof outcomeOfCompletion(body, 'sync') !== 'string').toBe(isTaken)
})

test('a problem needs a text, and names the record that it waits for rightly', () => {
  expect(fits('problem', { detail: 'Not yet', waiting_on: { model: 'Page', id: 3 } })).toBe(true)
  expect(fits('problem', { title: 'Not yet' })).toBe(true)
  expect(fits('problem', { status: 409 })).toBe(false)
  expect(fits('problem', { detail: 'Not yet', waiting_on: { model: 'Page', id: '3' } })).toBe(false)
})

test('a description says what kind of step it is, and names a model, and paths of at most three links', () => {
  expect(fits('description', { observes: 'Color', include: ['page.site.owner'] })).toBe(true)
  expect(fits('description', { observes: 'Color', include: ['a.b.c.d'] })).toBe(false)
  expect(fits('description', { include: [] })).toBe(false)
  const policy = { kind: 'policy', observes: 'Color', operations: ['policy_create'] }
  expect(fits('description', policy)).toBe(true)
  expect(fits('description', { kind: 'event', types: ['org.onos.*'] })).toBe(true)
  expect(fits('description', { kind: 'pull', every: 30 })).toBe(true)
  expect(fits('description', { kind: 'pull', every: 0 })).toBe(false)
})
