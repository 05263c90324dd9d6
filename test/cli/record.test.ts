import { request } from 'node:http'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { encodeChange, maxEventBytes, type Change, type Mode } from '#contract'
import { realClock } from '../../cli/real-clock.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { saidOnline, serveRaw, serveStep } from './calls/served.ts'

const color = (id: number, name: string): Change => ({
  operation: 'sync',
  model: 'Color',
  record: { id, name },
  expanded: {},
  stamp: id,
  attempt: 1,
})

/** Starts to record; answers where, and how to end. */
const record = async (url: string, clock = realClock, words: readonly string[] = []) => {
  const cwd = await temporaryFolder()
  const stop = new AbortController()
  let stdout = ''
  const ended = saidOnline(['record', url, '-o', 'calls.jsonl', ...words], {
    cwd,
    clock,
    stop: stop.signal,
    stdout: { isTerminal: false, write: (text) => (stdout += text) },
  })
  onTestFinished(() => stop.abort())
  const place = await until('where to call', () => /calls at (http:\S+),/.exec(stdout)?.[1])
  const end = async () => {
    stop.abort()
    return { ...(await ended), stdout }
  }
  return { cwd, place, end, file: path.join(cwd, 'calls.jsonl') }
}

const completionUrl = 'http://core.example.com/completions/r1ght'

const post = (place: string, change: Change, mode: Mode = 'binary') => {
  const now = Date.now()
  const options = { source: '/synchronizers/test', time: now, deadline: now + 30_000 }
  const { headers, body } = encodeChange(change, { ...options, mode, completionUrl })
  return fetch(place, {
    method: 'POST',
    headers: { ...headers, authorization: 'Bearer s3cr3t' },
    body,
  })
}

test('calls go through to the function and back, and what they were is kept', async () => {
  const url = await serveStep(
    { sync_record: ({ name }) => ({ shade: `dark ${String(name)}` }) },
    { callers: { tokens: ['s3cr3t'] } },
  )
  const { place, end, file } = await record(url)
  const first = await post(place, color(1, 'red'))
  const second = await post(place, color(1, 'blue'), 'structured')

  expect(await first.json()).toEqual({ feedback: { shade: 'dark red' } })
  expect(second.status).toBe(200)
  expect(await end()).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/\nRecorded 2 calls of 1 record\.\n$/) as string,
  })
  const text = await readFile(file, 'utf8')
  const [head, ...calls] = text.trim().split('\n').map((line) => JSON.parse(line) as unknown) // prettier-ignore
  expect(head).toEqual({ syncstep: 'calls', version: 1 })
  expect(calls).toMatchObject([
    {
      mode: 'binary',
      change: color(1, 'red'),
      answer: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"feedback":{"shade":"dark red"}}',
      },
    },
    { mode: 'structured', change: color(1, 'blue') },
  ])
  expect(text).not.toMatch(/s3cr3t|r1ght/)
})

test('what is no change goes by: questions, refused callers, and what is malformed', async () => {
  const url = await serveStep({}, { callers: { tokens: ['s3cr3t'] } })
  const { place, end } = await record(url)

  expect((await fetch(new URL('health/readiness', place))).status).toBe(200)
  expect((await fetch(place)).status).toBe(401)
  const wrong = await fetch(place, { method: 'POST', body: 'no event' })
  expect(wrong.status).toBe(401)
  const large = await fetch(place, { method: 'POST', body: 'x'.repeat(maxEventBytes + 1) })
  expect(large.status).toBe(401)

  expect((await end()).stdout).toMatch(
    /\nRecorded no calls of no records\. 2 requests brought no change and went by\.\n$/,
  )
})

test('a function that is gone is answered for, and that is kept too', async () => {
  const { place, end, file } = await record('http://127.0.0.1:1/')

  expect((await post(place, color(1, 'red'))).status).toBe(502)
  await end()
  expect(await readFile(file, 'utf8')).toContain('"failure":{"kind":"no-connection"')
})

test('a caller that goes away ends its call, which is kept as one without an answer', async () => {
  let state: 'waiting' | 'begun' | 'gone' = 'waiting'
  const url = await serveStep({
    sync_record: (_, { signal }) =>
      new Promise<undefined>((resolve) => {
        state = 'begun'
        signal.addEventListener('abort', () => {
          state = 'gone'
          resolve(undefined)
        })
      }),
  })
  const { place, end, file } = await record(url)
  const { headers, body } = encodeChange(color(1, 'red'), {
    source: '/synchronizers/test',
    time: Date.now(),
    deadline: Date.now() + 30_000,
  })
  const call = request(place, { method: 'POST', headers })
  call.on('error', () => undefined)
  call.end(body)
  await until('the step to begin', () => state === 'begun')
  call.destroy()

  await until('the step to hear of it', () => state === 'gone')
  await end()
  expect(await readFile(file, 'utf8')).toContain('"failure":{"kind":"deadline"')
})

test('a recording ends when its time is over', async () => {
  const clock = createManualClock(Date.UTC(2026, 0, 31))
  const { end } = await record(await serveStep(), clock, ['--for', '5m'])
  await clock.advance(300_000)

  expect((await end()).stdout).toMatch(/\nRecorded no calls of no records\.\n$/)
})

test('replayed calls show what a function answers otherwise now', async () => {
  const before = await serveStep({
    sync_record: ({ name }) => {
      if (name === 'red') throw new Error('no red')
      return { shade: 'dark', name }
    },
  })
  const { cwd, place, end } = await record(before)
  for (const change of [color(1, 'red'), color(2, 'blue'), color(3, 'green')]) {
    await post(place, change).then((response) => response.text())
  }
  await end()
  const after = await serveStep({
    sync_record: ({ name }) => ({ shade: name === 'blue' ? 'light' : 'dark', name }),
  })
  const replay = (words: readonly string[]) =>
    saidOnline(['replay', 'calls.jsonl', '--against', ...words], { cwd })

  const same = await replay([before])
  expect(same).toMatchObject({
    status: 0,
    stdout: '3 calls replayed: 0 answered otherwise, 3 the same.\n',
  })
  const other = await replay([after])
  expect(other.status).toBe(1)
  expect(other.stdout).toMatch(/^LINE +RECORD +OPERATION +WHAT +RECORDED +NOW\n/)
  expect(other.stdout).toMatch(/\n2 +Color\/1 +sync +outcome +"failed" +"synced"\n/)
  expect(other.stdout).toMatch(/\n3 +Color\/2 +sync +feedback\.shade +"dark" +"light"\n/)
  expect(other.stdout).toMatch(/\n3 calls replayed: 2 answered otherwise, 1 the same\.\n$/)
  const json = await replay([after, '-o', 'json', '--ignore', 'feedback.shade'])
  expect(JSON.parse(json.stdout)).toMatchObject([
    { line: 2, record: 'Color/1', recorded: { kind: 'failed' }, now: { kind: 'synced' } },
  ])
})

test('a function is called for the model that it observes', async () => {
  const { url } = await serveRaw()
  const { cwd, place, end } = await record(url)
  await post(place, color(1, 'red')).then((response) => response.text())
  await post(place, { ...color(1, 'red'), model: 'Shape' }).then((response) => response.text())
  await end()
  const words = ['replay', 'calls.jsonl', '--against', await serveStep()]

  expect(await saidOnline(words, { cwd })).toMatchObject({
    status: 0,
    stdout: '1 call replayed: 0 answered otherwise, 1 the same. 1 call of other models left out.\n',
  })
})

test('a line that was cut off by a kill is left out, and another one that is none is told', async () => {
  const head = '{"syncstep":"calls","version":1}\n'
  const cwd = await temporaryFolder({
    'cut.jsonl': `${head}{"at":"2026-`,
    'wrong.jsonl': `${head}{"at":"2026"}\n`,
  })
  const replay = (file: string) =>
    saidOnline(['replay', file, '--against', 'http://127.0.0.1:1/'], { cwd })

  expect((await replay('cut.jsonl')).stdout).toMatch(/^no calls replayed/)
  expect((await replay('wrong.jsonl')).stderr).toMatch(/wrong\.jsonl:2: expected a call as/)
})

test.each<[readonly string[], number, RegExp]>([
  [['record', 'http://127.0.0.1:1/'], 2, /^Expected --output FILE: where the calls are kept/],
  [['record', 'http://127.0.0.1:1/', '-o', 'old'], 1, /^.*old is there already\. Remove it/],
  [['record', 'http://127.0.0.1:1/', '-o', 'new', '--for', 'ever'], 2, /^Expected --for to be a/],
  [['record', 'color', '-o', 'new'], 1, /^Where does the step color run\?/],
  [['replay', 'old'], 2, /^Expected --against STEP or URL/],
  [['replay', 'old', '--against', 'http://127.0.0.1:1/'], 1, /^Expected .*old to be written by/],
  [['replay', 'one', '--against', 'http://127.0.0.1:1/'], 1, /^No connection to the function: /],
])('what cannot be done is said so: %j', async (words, expected, message) => {
  const call = {
    at: '2026-01-31T00:00:00.000Z',
    step: 'color',
    mode: 'binary',
    durationMs: 1,
    change: color(1, 'red'),
    answer: { status: 204, headers: {}, body: '' },
  }
  const cwd = await temporaryFolder({
    old: 'a file',
    one: `{"syncstep":"calls","version":1}\n${JSON.stringify(call)}\n`,
  })
  const { status, stdout, stderr } = await saidOnline(words, { cwd })

  expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
})
