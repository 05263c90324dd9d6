import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { decodeChange, type Change } from '#contract'
import { DeferredException, TerminalException, type Step } from '#functions'
import { root } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { saidOnline, serveRaw, serveStep } from './calls/served.ts'

const red = 'model: Color\nid: 7\nname: red\nupdated: 1768000000.5\n'

/** Sends a record of a file with further words. */
const sendRecord = async (url: string, words: readonly string[] = [], text = red) => {
  const cwd = await temporaryFolder({ 'records.yaml': text })
  return saidOnline(['send', url, '-f', 'records.yaml', ...words], { cwd })
}

const json = async (url: string, words: readonly string[] = [], text = red) => {
  const { stdout, stderr, status } = await sendRecord(url, ['-o', 'json', ...words], text)
  expect(stderr).toBe('')
  return { status, told: JSON.parse(stdout) as unknown }
}

test('a step is called with a record of a file, and all that came of it is shown', async () => {
  const seen: Change[] = []
  const url = await serveStep({
    sync_record: (_, { change }) => {
      seen.push(change)
      return { shade: 'dark' }
    },
  })
  const { status, stdout, stderr } = await sendRecord(url)

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(seen).toEqual([
    {
      operation: 'sync',
      model: 'Color',
      record: { id: 7, name: 'red', updated: 1768000000.5 },
      expanded: {},
      stamp: 1_768_000_000_500_000,
      attempt: 1,
    },
  ])
  expect(stdout).toMatch(
    /^sync Color\/7 at http:.*\n\nHTTP 200 after \d+ ms\ncontent-type: application\/json\n\n\{"feedback":\{"shade":"dark"\}\}\n\noutcome +synced\nbackend_code +1\nbackend_status +OK\nenacted +2026-01-09T23:06:40\.500Z\nfeedback +\{"shade":"dark"\}\ncalled again +when the record changes\n$/,
  )
})

test('programs get the same as JSON', async () => {
  const url = await serveStep({ sync_record: () => ({ shade: 'dark' }) })

  const { status, told } = await json(url)
  expect(status).toBe(0)
  expect(told).toMatchObject({
    url,
    mode: 'binary',
    change: { model: 'Color', record: { id: 7 } },
    answer: { status: 200, body: '{"feedback":{"shade":"dark"}}' },
    outcome: { kind: 'synced', feedback: { shade: 'dark' } },
    written: { backend_code: 1, backend_status: 'OK', enacted: 1768000000.5 },
  })
})

test.each<[string, Partial<Step>, string, number, object]>([
  [
    'is put off',
    {
      sync_record: () => {
        throw new DeferredException('later', { retryAfter: '3s' })
      },
    },
    'sync',
    0,
    {
      outcome: { kind: 'deferred', text: 'later', retryAfterMs: 3_000 },
      written: { backend_code: 0, backend_status: 'later' },
      again: 'after 3 s',
    },
  ],
  [
    'is refused for good',
    {
      sync_record: () => {
        throw new TerminalException('never')
      },
    },
    'sync',
    1,
    {
      outcome: { kind: 'failed', text: 'never', retry: false },
      written: { backend_code: 2, backend_status: 'never' },
      again: 'when the record changes, or with syncstep retry',
    },
  ],
  [
    'fails',
    {
      sync_record: () => {
        throw new Error('broken')
      },
    },
    'sync',
    1,
    { outcome: { kind: 'failed', text: 'broken', retry: true }, again: 'with back-off' },
  ],
  ['is deleted', {}, 'delete', 0, { outcome: { kind: 'synced' }, written: {} }],
])('a record that %s is shown so', async (_, step, operation, status, expected) => {
  const said = await json(await serveStep(step), ['--operation', operation])

  expect(said.told).toMatchObject(expected)
  expect(said.status).toBe(status)
})

test('texts on the record go on from those that it has', async () => {
  const { url } = await serveRaw(() => ({ status: 500, body: 'now this' }))
  const { told } = await json(url, [], `${red}backend_code: 2\nbackend_status: first that\n`)

  expect(told).toMatchObject({ written: { backend_status: 'first that // now this' } })
})

test('an event is written in the mode that is asked for, and shows the token', async () => {
  const { url, received } = await serveRaw()
  const cwd = await temporaryFolder({ 'records.yaml': red })
  for (const mode of ['binary', 'structured']) {
    await saidOnline(['send', url, '-f', 'records.yaml', '--mode', mode], {
      cwd,
      environment: { SYNCSTEP_FUNCTION_TOKEN: 'new old' },
    })
  }

  expect(received.map(({ headers }) => headers['content-type'])).toEqual([
    'application/json',
    'application/cloudevents+json; charset=utf-8',
  ])
  for (const { headers, body } of received) {
    expect(headers['authorization']).toBe('Bearer new')
    expect(decodeChange(headers, body).change.record['name']).toBe('red')
  }
})

test('a dry run shows the request without its token, and sends nothing', async () => {
  const { url, received } = await serveRaw()
  const cwd = await temporaryFolder({ 'records.yaml': red })
  const { status, stdout } = await saidOnline(['send', url, '-f', 'records.yaml', '--dry-run'], {
    cwd,
    environment: { SYNCSTEP_FUNCTION_TOKEN: 's3cr3t' },
  })

  expect({ status, received }).toEqual({ status: 0, received: [] })
  expect(stdout).toMatch(/^POST http:.*\n/)
  expect(stdout).toContain('ce-type: org.opencord.xos.sync_record.v1\n')
  expect(stdout).toContain('"name": "red"')
  expect(stdout).not.toContain('s3cr3t')
})

test('many calls are a line each, and counted by outcome', async () => {
  const { url, received } = await serveRaw(({ body }) => ({
    status: body.includes('blue') ? 409 : 204,
  }))
  const two = `- ${red.replaceAll('\n', '\n  ')}\n- { model: Color, id: 8, name: blue }\n`
  const { status, stdout } = await sendRecord(url, ['--count', '3', '--rate', '1000'], two)

  expect(status).toBe(0)
  expect(received).toHaveLength(3)
  expect(stdout).toMatch(/^sync Color\/7 {2}HTTP 204 {2}\d+ ms {2}synced\n/m)
  expect(stdout).toMatch(/^sync Color\/8 {2}HTTP 409 .* deferred {2}HTTP 409 without a text\n/m)
  expect(stdout).toMatch(/\nOUTCOME +CALLS\ndeferred +1\nsynced +2\nCalls took \d+ ms/)
})

test('saved calls can be sent again, and hold no token', async () => {
  const seen: unknown[] = []
  const url = await serveStep(
    { sync_record: ({ name }) => void seen.push(name) },
    { callers: { tokens: ['s3cr3t'] } },
  )
  const cwd = await temporaryFolder({ 'records.yaml': red })
  const world = { cwd, environment: { SYNCSTEP_FUNCTION_TOKEN: 's3cr3t' } }
  const saved = await saidOnline(
    ['send', url, '-f', 'records.yaml', '--save', 'calls.jsonl'],
    world,
  )
  const again = await saidOnline(['send', url, '--replay', 'calls.jsonl'], world)

  expect([saved.status, again.status, seen]).toEqual([0, 0, ['red', 'red']])
  const file = path.join(cwd, 'calls.jsonl')
  expect(await readFile(file, 'utf8')).not.toContain('s3cr3t')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const twice = await saidOnline(['send', url, '--replay', 'calls.jsonl', '--save', 'calls.jsonl'], world) // prettier-ignore
  expect(twice.stderr).toMatch(/calls\.jsonl is there already\. Remove it, or choose another name/)
})

test('standard input may hold records, whose model the function knows', async () => {
  const seen: unknown[] = []
  const url = await serveStep({ sync_record: ({ name }) => void seen.push(name) })
  const { status } = await saidOnline(['send', url, '-f', '-'], {
    stdin: () => Readable.from(['[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]']),
  })

  expect({ status, seen }).toEqual({ status: 0, seen: ['a', 'b'] })
})

describe('without a record one is made up of the models', () => {
  const project = path.join(root, 'functions/hello-world')

  test('with what the function includes', async () => {
    const seen: Change[] = []
    const url = await serveStep({
      observes: 'HelloWorldServiceInstance',
      include: ['owner'],
      sync_record: (_, { change }) => void seen.push(change),
    })
    const words = ['send', url, '--project', project]
    const { status } = await saidOnline([...words, '--count', '2'])
    await saidOnline(words)
    await saidOnline([...words, '--seed', '2'])

    expect(status).toBe(0)
    const [first, second, again, other] = seen
    expect(first).toMatchObject({
      model: 'HelloWorldServiceInstance',
      record: { hello_to: expect.stringMatching(/^hello_to-/) as string },
      expanded: { owner: { model: 'HelloWorldService' } },
    })
    expect(second).not.toEqual(first)
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  test('feedback that a step may not write makes a failure of its success', async () => {
    const url = await serveStep({
      observes: 'HelloWorldService',
      sync_record: () => ({ hello_from: 'me' }),
    })
    const { status, stdout } = await saidOnline(['send', url, '--project', project, '-o', 'json'])

    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: { kind: 'failed', retry: false, text: expect.stringMatching(/^feedback names hello_from, but only/) as string }, // prettier-ignore
    })
  })
})

test('an answer that does not come before the deadline is none', async () => {
  const { url } = await serveRaw(() => undefined)
  const { status, told } = await json(url, ['--timeout', '100ms'])

  expect(status).toBe(1)
  expect(told).toMatchObject({
    failure: { kind: 'deadline' },
    outcome: { kind: 'failed', text: 'No answer within 0.1 s', retry: true },
  })
})

test('a function that nobody answers for is down', async () => {
  const { status, told } = await json('http://127.0.0.1:1/')

  expect(status).toBe(1)
  expect(told).toMatchObject({
    failure: { kind: 'no-connection' },
    outcome: { kind: 'target-down' },
    written: { backend_code: 0 },
    again: 'as soon as a call gets through',
  })
})

test('a terminal does not obey what a function answers', async () => {
  const { url } = await serveRaw(() => ({ status: 500, body: 'a\u001b[2Jb' }))
  const { stdout } = await sendRecord(url)

  expect(stdout).toContain('a [2Jb')
  expect(stdout).not.toContain('\u001b')
})

const url = 'http://127.0.0.1:1/'

test.each<[readonly string[], number, RegExp]>([
  [['send'], 2, /^Expected STEP or URL: no syncstep dev runs in this folder\./],
  [['send', 'color'], 1, /^Where does the step color run\? Start syncstep dev in this folder/],
  [['send', url], 2, /^Expected --record, --file or --replay, or --project DIR to make up/],
  [['send', url, '-f', 'a', '--record', 'b'], 2, /^Expected one of --record, --file and --replay/],
  [['send', url, '-f', 'missing.yaml'], 1, /^Expected records at .*missing\.yaml: no such file/],
  [['send', url, '-f', 'empty.yaml'], 1, /^Expected a record or a change in empty\.yaml, got none/],
  [
    ['send', url, '-f', 'red.yaml'],
    1,
    /^red\.yaml: Expected data\.model to be the name of a model/,
  ],
  [['send', url, '-f', 'two.yaml'], 1, /^two\.yaml, number 2: Expected data\.record\.id to be/],
  [['send', url, '-f', 'broken.yaml'], 1, /^Expected YAML or JSON: /],
  [
    ['send', url, '--replay', 'red.yaml'],
    1,
    /^Expected .*red\.yaml to be written by syncstep record/,
  ],
  [
    ['send', url, '--project', '.'],
    1,
    /^Expected the config\.yaml of a synchronizer in \.: no such/,
  ],
  [['send', url, '-f', 'a', '--mode', 'batch'], 2, /^Expected --mode to be binary or structured/],
  [['send', url, '-f', 'a', '--count', '0'], 2, /^Expected --count to be a number above 0/],
  [['send', url, '-f', 'a', '--rate', 'x'], 2, /^Expected --rate to be a number above 0/],
  [
    ['send', url, '-f', 'red.yaml', '--operation', 'policy'],
    2,
    /^Expected --operation to be one of sync, delete, policy_create, policy_update, policy_delete, got "policy"/,
  ],
  [['send', url, '--seed', '-1', '--project', 'x'], 2, /^Expected --seed/],
  [['send', url, '--include', 'a.b.c.d'], 2, /^Expected --include to be paths of at most three/],
  [['send', url, '--timeout', 'soon'], 2, /^Expected --timeout to be a duration such as 30s/],
])('what cannot be sent is said so: %j', async (words, expected, message) => {
  // prettier-ignore
  const cwd = await temporaryFolder({
    'empty.yaml': '',
    'red.yaml': 'name: red\n',
    'two.yaml': '- { model: Color, id: 1 }\n- { model: Color, id: zero }\n',
    'broken.yaml': '{',
  })
  const { status, stdout, stderr } = await saidOnline(words, { cwd })

  expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
})
