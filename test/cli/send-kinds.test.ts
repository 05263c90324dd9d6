import { describe, expect, test } from 'vitest'
import type { CloudEvent, Operation } from '#contract'
import { DeferredException, TerminalException } from '#functions'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { saidOnline, serveAny } from './calls/served.ts'

describe('a policy', () => {
  const policy = (seen: Operation[]) => {
    const handle = (_: unknown, { change }: { readonly change: { operation: Operation } }): void =>
      void seen.push(change.operation)
    return {
      observes: 'Color',
      handle_create: handle,
      handle_update: handle,
      handle_delete: handle,
    }
  }

  test.each([
    ['nobody has policed', '', 'policy_create'],
    ['was policed', 'policed: 1768000000\n', 'policy_update'],
    ['is deleted', 'deleted: true\n', 'policy_delete'],
  ])('is called for a record that %s as a core would call it', async (_, more, operation) => {
    const seen: Operation[] = []
    const url = await serveAny(policy(seen))
    const record = `model: Color\nid: 7\nname: red\n${more}`
    const cwd = await temporaryFolder({ 'red.yaml': record })
    const { status, stdout } = await saidOnline(['send', url, '-f', 'red.yaml'], { cwd })

    expect(status).toBe(0)
    expect(seen).toEqual([operation])
    expect(stdout).toContain(`${operation} Color/7 at http`)
  })

  test('shows what becomes of policy_code, policy_status and policed', async () => {
    const url = await serveAny(policy([]))
    const cwd = await temporaryFolder({
      'red.yaml': 'model: Color\nid: 7\nupdated: 1768000000.5\n',
    })
    const { stdout } = await saidOnline(['send', url, '-f', 'red.yaml'], { cwd })

    expect(stdout).toMatch(
      /\npolicy_code +1\npolicy_status +done\npoliced +2026-01-09T23:06:40\.500Z\n/,
    )
  })
})

describe('an event step', () => {
  const listening = (seen: CloudEvent[]) => ({
    types: ['org.example.port.*'],
    topics: ['ports'],
    process_event: (event: CloudEvent): void => void seen.push(event),
  })

  test('is sent an event that it asks for when nothing more is said', async () => {
    const seen: CloudEvent[] = []
    const url = await serveAny(listening(seen))
    const { status, stdout } = await saidOnline(['send', url])

    expect(status).toBe(0)
    expect(seen).toMatchObject([
      { type: 'org.example.port.sample', source: '/syncstep-send#ports', data: {} },
    ])
    expect(stdout).toMatch(/^event org\.example\.port\.sample [0-9a-f]{24} at http/)
    expect(stdout).toMatch(/\noutcome +synced\ncalled again +never: it is done\n$/)
  })

  test('is sent what flags and files say, each time with another id unless they have one', async () => {
    const seen: CloudEvent[] = []
    const url = await serveAny(listening(seen))
    const events = 'id: mine\ntype: a.b\ndata: {up: true}\n---\ntype: c.d\npartitionkey: p7\n'
    const cwd = await temporaryFolder({ 'events.yaml': events, 'data.json': '[1]' })
    await saidOnline(['send', url, '--event', 'events.yaml', '--count', '4'], { cwd })
    await saidOnline(['send', url, '--type', 'e.f', '--subject', 's', '--data', '@data.json'], {
      cwd,
    })

    expect(seen).toMatchObject([
      { id: 'mine', type: 'a.b', data: { up: true } },
      { type: 'c.d', extensions: { partitionkey: 'p7' } },
      { id: 'mine', type: 'a.b' },
      { type: 'c.d' },
      { type: 'e.f', subject: 's', data: [1] },
    ])
    expect(seen[1]?.id).not.toBe(seen[3]?.id)
  })

  test('that will not do it makes a dead letter of the event', async () => {
    const url = await serveAny({
      types: ['a'],
      process_event: () => {
        throw new TerminalException('no such port')
      },
    })
    const { status, stdout } = await saidOnline(['send', url])

    expect(status).toBe(1)
    expect(stdout).toMatch(
      /\ntext +no such port\ncalled again +with syncstep events retry: it is a dead letter\n$/,
    )
  })

  test.each([
    [['--type', ''], 1, /^That is no CloudEvent: Expected type/],
    [['--data', '{'], 2, /^Expected --data to be JSON/],
    [['--event', 'none.yaml'], 1, /none\.yaml/],
    [['--event', 'text.yaml'], 1, /^Expected events in text\.yaml to be maps/],
    [['--type', 'a', '--record', 'Color/1'], 2, /^Expected --record, or an event, got both/],
  ])('is sent nothing with %j', async (words, expected, message) => {
    const seen: CloudEvent[] = []
    const url = await serveAny(listening(seen))
    const cwd = await temporaryFolder({ 'text.yaml': 'just text' })
    const { status, stderr } = await saidOnline(['send', url, ...words], { cwd })

    expect({ status, seen }).toEqual({ status: expected, seen: [] })
    expect(stderr).toMatch(message)
  })
})

test('a pull step is sent its turn', async () => {
  let turns = 0
  const url = await serveAny({
    every: '5m',
    pull_records: () => {
      turns += 1
      if (turns > 1) throw new DeferredException('the switch restarts')
    },
  })
  const first = await saidOnline(['send', url])
  const second = await saidOnline(['send', url])

  expect(turns).toBe(2)
  expect(first.stdout).toMatch(
    /^pull org\.opencord\.xos\.pull\.v1 .*called again +at its next turn\n$/s,
  )
  expect(second.stdout).toMatch(/\noutcome +deferred\ntext +the switch restarts\n/)
})
