import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outcomeOfAnswer, outcomeOfNoAnswer, type Operation, type Outcome } from '#contract'

const now = Date.UTC(2026, 0, 31, 12, 0, 0)

type Given = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly operation?: Operation
}

const outcomeOf = ({ status, headers = {}, body = '', operation = 'sync' }: Given): Outcome =>
  outcomeOfAnswer(
    {
      status,
      header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
      body,
    },
    { target: 'hello', operation, now },
  )

const problem = (fields: object) => ({
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify(fields),
})

const wait = (seconds: string) => ({ headers: { 'retry-after': seconds } })

const failed = (text: string): Outcome => ({ kind: 'failed', text, retry: true })
const failedForGood = (text: string): Outcome => ({ kind: 'failed', text, retry: false })
const down = (text: string): Outcome => ({
  kind: 'target-down',
  text: `Waiting for function hello: ${text}`,
})
const misconfigured = (text: string): Outcome => ({
  kind: 'target-misconfigured',
  text: `Waiting for function hello: ${text}`,
})
const redirects = 'it redirects, and redirects are not followed; give its final URL'

const rows: readonly (readonly [string, Given, Outcome])[] = [
  // Done.
  ['200 without a body', { status: 200 }, { kind: 'synced' }],
  ['201 without a body', { status: 201 }, { kind: 'synced' }],
  ['204', { status: 204 }, { kind: 'synced' }],
  ['200 with white space', { status: 200, body: ' \r\n' }, { kind: 'synced' }],
  ['200 with an empty object', { status: 200, body: '{}' }, { kind: 'synced' }],
  [
    '200 with feedback and a note',
    { status: 200, body: '{"feedback":{"handle":"vm-7","vlan":null},"note":"made"}' },
    { kind: 'synced', feedback: { handle: 'vm-7', vlan: null }, note: 'made' },
  ],
  [
    '201 with feedback under any content type',
    { status: 201, headers: { 'content-type': 'text/plain' }, body: '{"feedback":{}}' },
    { kind: 'synced', feedback: {} },
  ],
  [
    'a delete, whose feedback has nowhere to go',
    { status: 200, body: '{"feedback":{"a":1}}', operation: 'delete' },
    { kind: 'synced' },
  ],
  ['a delete without a body', { status: 204, operation: 'delete' }, { kind: 'synced' }],

  // Accepted, or not yet.
  ['202', { status: 202 }, { kind: 'in-progress', text: 'HTTP 202 without a text' }],
  [
    '202 with a text and a delay',
    { status: 202, body: 'booting', ...wait('7') },
    { kind: 'in-progress', text: 'booting', retryAfterMs: 7000 },
  ],
  ['409', { status: 409, body: 'Maybe later' }, { kind: 'deferred', text: 'Maybe later' }],
  [
    '409 with a problem and a delay',
    {
      status: 409,
      headers: { 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '0' },
      body: '{"title":"Deferred","detail":"Maybe later"}',
    },
    { kind: 'deferred', text: 'Maybe later', retryAfterMs: 0 },
  ],
  [
    '409 that names what it waits for',
    {
      status: 409,
      ...problem({
        detail: 'No ONU',
        waiting_on: { model: 'ONUDevice', id: 3, state: 'synced' },
      }),
    },
    {
      kind: 'deferred',
      text: 'No ONU',
      waitingOn: { model: 'ONUDevice', id: 3, state: 'synced' },
    },
  ],
  [
    '202 that names what it waits for in plain JSON, whatever becomes of it',
    {
      status: 202,
      headers: { 'content-type': 'application/json', 'retry-after': '60' },
      body: '{"detail":"booting","waiting_on":{"model":"Slice","id":1,"why":"?"}}',
    },
    {
      kind: 'in-progress',
      text: 'booting',
      retryAfterMs: 60_000,
      waitingOn: { model: 'Slice', id: 1, state: 'changed' },
    },
  ],
  [
    '409 in plain JSON without a text',
    { status: 409, headers: { 'content-type': 'application/json' }, body: '{"error":1}' },
    { kind: 'deferred', text: '{"error":1}' },
  ],

  // The target is busy.
  ['429', { status: 429 }, { kind: 'target-busy', text: 'Waiting for function hello: busy' }],
  [
    '429 with a delay',
    { status: 429, ...wait('90') },
    {
      kind: 'target-busy',
      text: 'Waiting for function hello: busy until 2026-01-31T12:01:30.000Z',
      retryAfterMs: 90_000,
    },
  ],
  [
    '503 with a delay',
    { status: 503, ...wait('1') },
    {
      kind: 'target-busy',
      text: 'Waiting for function hello: busy until 2026-01-31T12:00:01.000Z',
      retryAfterMs: 1000,
    },
  ],
  [
    '503 with a delay and a problem',
    {
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
      body: '{"detail":"draining"}',
    },
    {
      kind: 'target-busy',
      text: 'Waiting for function hello: busy until 2026-01-31T12:00:01.000Z',
      retryAfterMs: 1000,
    },
  ],

  // Nobody answers for the target.
  ['404', { status: 404 }, down('nobody answers for it (HTTP 404)')],
  ['502', { status: 502, body: 'EOF' }, down('nobody answers for it (HTTP 502: EOF)')],
  [
    '503',
    { status: 503, body: 'no healthy upstream' },
    down('nobody answers for it (HTTP 503: no healthy upstream)'),
  ],
  [
    '504',
    { status: 504, body: 'activator request timeout' },
    down('nobody answers for it (HTTP 504: activator request timeout)'),
  ],
  [
    '504 of a function that Knative cut off',
    { status: 504, body: 'request timeout' },
    failed('The function did not answer in the time it has (HTTP 504: request timeout)'),
  ],
  ['410', { status: 410 }, down('it is retired (HTTP 410)')],
  ['410 with a problem', { status: 410, ...problem({}) }, down('it is retired (HTTP 410: {})')],
  [
    '503 with a delay that cannot be read',
    { status: 503, ...wait('soon') },
    down('nobody answers for it (HTTP 503)'),
  ],
  [
    '503 whose problem does not parse',
    { status: 503, headers: { 'content-type': 'application/problem+json' }, body: '{' },
    down('nobody answers for it (HTTP 503: {)'),
  ],
  ['404 with a problem', { status: 404, ...problem({ detail: 'no path' }) }, failed('no path')],
  ['502 with a problem', { status: 502, ...problem({ title: 'backend' }) }, failed('backend')],
  ['503 with a problem', { status: 503, ...problem({ detail: 'no disk' }) }, failed('no disk')],
  ['504 with a problem', { status: 504, ...problem({ detail: 'slow' }) }, failed('slow')],

  // The step will never do it.
  ['400', { status: 400, body: 'bad' }, failedForGood('bad')],
  ['413', { status: 413, body: 'big' }, failedForGood('big')],
  ['415', { status: 415, body: 'form' }, failedForGood('form')],
  ['422', { status: 422, ...problem({ detail: 'never' }) }, failedForGood('never')],

  // The target cannot be called as it is set up.
  ['401', { status: 401 }, misconfigured('it refuses the caller; check the token (HTTP 401)')],
  [
    '403',
    { status: 403, body: 'no' },
    misconfigured('it refuses the caller; check the token (HTTP 403: no)'),
  ],
  ['300', { status: 300 }, misconfigured(`${redirects} (HTTP 300)`)],
  ['301', { status: 301 }, misconfigured(`${redirects} (HTTP 301)`)],
  ['304', { status: 304 }, misconfigured(`${redirects} (HTTP 304)`)],
  ['307', { status: 307 }, misconfigured(`${redirects} (HTTP 307)`)],
  ['399', { status: 399 }, misconfigured(`${redirects} (HTTP 399)`)],

  // Everything else.
  ['500', { status: 500, body: 'boom' }, failed('boom')],
  ['500 without a body', { status: 500 }, failed('HTTP 500 without a text')],
  ['500 with a problem', { status: 500, ...problem({ detail: 'Maybe not' }) }, failed('Maybe not')],
  [
    '500 with a delay, which it cannot have',
    { status: 500, ...wait('9') },
    failed('HTTP 500 without a text'),
  ],
  ['501', { status: 501, body: 'x' }, failed('x')],
  ['599', { status: 599, body: 'x' }, failed('x')],
  ['405', { status: 405, body: 'x' }, failed('x')],
  ['408', { status: 408, body: 'x' }, failed('x')],
  ['418', { status: 418, body: 'x' }, failed('x')],
  ['418 with a problem', { status: 418, ...problem({ title: 'teapot' }) }, failed('teapot')],
  ['499', { status: 499, body: 'x' }, failed('x')],
]

test.each(rows)('the answer table: %s', (_, given, outcome) => {
  expect(outcomeOf(given)).toEqual(outcome)
})

const expected =
  'Expected an empty answer or a JSON object of "feedback" (an object) and "note" (a string), got'

test.each([
  ['text', 'OK'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a number', '0'],
  ['feedback that is a list', '{"feedback":[]}'],
  ['feedback that is null', '{"feedback":null}'],
  ['a note that is no text', '{"note":1}'],
  ['a name nobody knows', '{"feedbak":{}}'],
  ['an answer a proxy cut into', '{"feedback":{}}activator request timeout'],
  ['a name of the prototype', '{"constructor":{}}'],
])('a 200 with %s is a failure that says what was expected', (_, body) => {
  expect(outcomeOf({ status: 200, body })).toEqual(failed(`${expected} ${body}`))
})

test.each([203, 205, 206, 226, 299])('a %d is not among the answers', (status) => {
  expect(outcomeOf({ status })).toEqual(failed(`${expected} HTTP ${status}`))
})

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['12', 12_000],
    [' 12 ', 12_000],
    ['3600', 3_600_000],
    ['3601', 3_600_000],
    ['999999999999999', 3_600_000],
    ['Sat, 31 Jan 2026 12:00:05 GMT', 5000],
    ['Saturday, 31-Jan-26 12:00:05 GMT', 5000],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
    ['Sat, 31 Jan 2099 12:00:00 GMT', 3_600_000],
  ])('%j is a delay', (value, retryAfterMs) => {
    expect(outcomeOf({ status: 409, body: 'x', headers: { 'retry-after': value } })).toEqual({
      kind: 'deferred',
      text: 'x',
      retryAfterMs,
    })
  })

  test.each([
    '',
    '-1',
    '1.5',
    '1e3',
    'soon',
    '5, 10',
    '2026-01-31',
    'Sat, 99 Xxx 2026 12:00:05 GMT',
  ])('%j is ignored', (value) => {
    expect(outcomeOf({ status: 409, body: 'x', headers: { 'retry-after': value } })).toEqual({
      kind: 'deferred',
      text: 'x',
    })
  })
})

describe('texts', () => {
  const textOf = (body: string, headers: Readonly<Record<string, string>> = {}): string => {
    const outcome = outcomeOf({ status: 500, body, headers })
    return 'text' in outcome ? outcome.text : ''
  }

  test.each([
    ['detail before title', { title: 'T', detail: 'D' }, 'D'],
    ['title where detail is empty', { title: 'T', detail: '' }, 'T'],
    ['title where detail is no text', { title: 'T', detail: 7 }, 'T'],
    ['the status where there is neither', { type: 'about:blank' }, 'HTTP 500 without a text'],
  ])('come from a problem: %s', (_, fields, text) => {
    expect(textOf(JSON.stringify(fields), { 'content-type': 'APPLICATION/problem+json' })).toBe(
      text,
    )
  })

  test('come from the body where it is no problem', () => {
    expect(textOf('{"detail":"D"}', { 'content-type': 'application/json' })).toBe('{"detail":"D"}')
  })

  const thrown = new RangeError('no room')

  test.each([
    ['a JavaScript stack', thrown.stack ?? '', 'RangeError: no room'],
    [
      'a JavaScript stack with properties behind it',
      "Error: boom\n    at Array.map (<anonymous>)\n    at async run (index 0) {\n  secret: 's'\n}",
      'Error: boom',
    ],
    [
      'a stack inside JSON',
      '{"message":"Error: boom\\n    at run (/srv/a.js:1:2)\\n"}',
      '{"message":"Error: boom',
    ],
    [
      'a stack inside an HTML page',
      '<pre>Error: boom<br> &nbsp; &nbsp;at run (/srv/a.js:1:2)</pre>',
      '<pre>Error: boom',
    ],
    [
      'a Java stack',
      'java.io.IOException: no route\n\tat a.b.C.run(C.java:12)\n\tat a.Main.main(Main.java:3)\nCaused by: x\n',
      'java.io.IOException: no route',
    ],
    [
      'a Python trace, whose message stands last',
      'Traceback (most recent call last):\n  File "/srv/a.py", line 1, in run\n    boom()\nValueError: no room\n',
      'ValueError: no room',
    ],
    [
      'a Python trace behind a message',
      'Sync failed\nTraceback (most recent call last):\n  File "/srv/a.py", line 1, in run\nValueError: no room',
      'Sync failed ValueError: no room',
    ],
    [
      'a Python trace that broke off',
      'Traceback (most recent call last):\n  File "/srv/a.py", line',
      'HTTP 500 without a text',
    ],
    ['nothing but a stack', '    at run (/srv/a.js:1:2)', 'HTTP 500 without a text'],
  ])('never carry %s', (_, body, text) => {
    expect(textOf(body)).toBe(text)
  })

  test.each(['look at line 7:12', 'Ports:\n  at least one is missing', 'at noon (UTC)'])(
    'keep what only resembles a stack: %j',
    (body) => {
      expect(textOf(body)).toBe(body)
    },
  )

  test('keep lines and tabs, and lose what a database cannot store', () => {
    expect(textOf('a\n\tb\u0000c\u0007d\uD800e')).toBe('a\n\tb c d\uFFFDe')
  })

  test('are cut to 1024 units and never inside a character', () => {
    expect(textOf('x'.repeat(1025))).toBe('x'.repeat(1024))
    expect(textOf(`${'x'.repeat(1023)}😀`)).toBe('x'.repeat(1023))
    expect(textOf(`${'x'.repeat(1022)}😀y`)).toBe(`${'x'.repeat(1022)}😀`)
  })
})

test('every answer has an outcome, with a text that can be stored and shown', () => {
  const answers = fc.record({
    status: fc.integer({ min: 100, max: 599 }),
    body: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.string({ maxLength: 3000, minLength: 900 }),
    ),
    operation: fc.constantFrom<Operation>('sync', 'delete'),
    headers: fc.dictionary(
      fc.constantFrom('retry-after', 'content-type'),
      fc.oneof(fc.string(), fc.constant('application/problem+json')),
    ),
  })
  fc.assert(
    fc.property(answers, (answer) => {
      const outcome = outcomeOf(answer)
      if (!('text' in outcome)) return
      expect(outcome.text).not.toBe('')
      expect(outcome.text.length).toBeLessThanOrEqual(1024)
      expect(outcome.text).not.toMatch(/[^\P{Cc}\n\t]|\p{Cs}/u)
    }),
  )
})

test.each([
  ['no-connection', 'connect ECONNREFUSED', down('connect ECONNREFUSED')],
  ['no-connection', '', down('no connection')],
  ['deadline', 'No answer within 30 s', failed('No answer within 30 s')],
  ['deadline', '', failed('No answer before the deadline')],
  [
    'too-large',
    'The answer has more than 1048576 bytes',
    failed('The answer has more than 1048576 bytes'),
  ],
  ['cut-off', 'The answer broke off after 12 bytes', failed('The answer broke off after 12 bytes')],
] as const)('no answer: %s, "%s"', (kind, detail, outcome) => {
  expect(outcomeOfNoAnswer({ kind, detail }, { target: 'hello', operation: 'sync', now })).toEqual(
    outcome,
  )
})

test.each([
  null,
  'ONUDevice/3',
  {},
  { id: 3 },
  { model: 'ONUDevice' },
  { model: 'ONU Device', id: 3 },
  { model: 'x'.repeat(256), id: 3 },
  { model: 'ONUDevice', id: '3' },
  { model: 'ONUDevice', id: 0 },
  { model: 'ONUDevice', id: 1.5 },
  { model: 'ONUDevice', id: 2_147_483_648 },
  { model: 'ONUDevice', id: 3, state: 'happy' },
  { model: 'ONUDevice', id: 3, state: 1 },
])('an answer that waits for %j waits for its delay alone', (waiting_on) => {
  expect(outcomeOf({ status: 409, ...problem({ detail: 'No', waiting_on }) })).toEqual({
    kind: 'deferred',
    text: 'No',
  })
})
