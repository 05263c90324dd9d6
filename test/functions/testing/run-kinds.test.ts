import { expect, test } from 'vitest'
import { TerminalException, type EventStepLike, type Policy, type PullStepLike } from '#functions'
import {
  expectFailed,
  expectSynced,
  runEvent,
  runPolicy,
  runPull,
} from '../../../functions/sdk/testing.ts'

const greeting: Policy = {
  observes: 'Color',
  include: ['page'],
  async handle_create(o, { client }) {
    await client.create('Ink', { color: o, name: o['name'] })
  },
  handle_update(o, { log, change }) {
    log.info({ page: o['page'] }, change.operation)
  },
  handle_delete() {
    throw new TerminalException('It is printed')
  },
}

test('a policy is called for a new record unless the test says otherwise', async () => {
  const created: unknown[] = []
  const create = (model: string, values: object) => {
    created.push([model, values])
    return Promise.resolve({ id: 4 })
  }

  expectSynced(await runPolicy(greeting, { name: 'red' }, { client: { create } }))
  expect(created).toEqual([
    ['Ink', { color: expect.objectContaining({ id: 1 }) as object, name: 'red' }],
  ])

  const updated = await runPolicy(
    greeting,
    {},
    { operation: 'update', expanded: { page: { width: 3 } } },
  )
  expect(updated).toMatchObject({
    outcome: { kind: 'synced' },
    logs: [{ level: 'info', message: 'policy_update', fields: { page: { width: 3 } } }],
  })
  expectFailed(await runPolicy(greeting, {}, { operation: 'delete' }), 'It is printed')
})

test('a step that uses its client fails when the test has given none', async () => {
  expectFailed(
    await runPolicy(greeting, { name: 'red' }),
    'The step uses its client. Give it one in the options: { client }',
  )
})

test('an event step is called with the event as it arrives', async () => {
  const seen: unknown[] = []
  const step: EventStepLike = {
    process_event: ({ id, source, type, data }) => void seen.push({ id, source, type, data }),
  }
  const data = { port: 7, since: new Date(0), note: undefined }

  expectSynced(await runEvent(step, { type: 'org.onos.port.down', data }))
  expect(seen).toEqual([
    {
      id: '1',
      source: '/test',
      type: 'org.onos.port.down',
      data: { port: 7, since: '1970-01-01T00:00:00.000Z' },
    },
  ])
})

test('a pull step is called with what ends it', async () => {
  const step: PullStepLike = {
    async pull_records({ signal, log, event }) {
      log.info(event.type)
      signal.throwIfAborted()
    },
  }

  expectSynced(await runPull(step))
  const cut = await runPull(step, { signal: AbortSignal.abort(new Error('no time')) })
  expectFailed(cut, 'no time')
  expect(cut.logs[0]?.message).toBe('org.opencord.xos.pull.v1')
})
