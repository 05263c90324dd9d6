import { expect, onTestFinished, test } from 'vitest'
import { checkNames } from '#conformance'
import { createHost, type AnyStep, type Log } from '#functions'
import { realClock } from '../../cli/real-clock.ts'
import { color, serveColor, token } from '../conformance/color-function.ts'
import { faults } from '../conformance/faults.ts'
import { said } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const nothing = (): undefined => undefined
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

const environment = { SYNCSTEP_FUNCTION_TOKEN: `${token} the-next-one` }

const files = {
  'red.yaml': 'model: Color\nid: 7\nname: red\n',
  'later.json': JSON.stringify({ ...color, record: { id: 8, name: 'later' } }),
  'never.json': JSON.stringify({ ...color, record: { id: 9, name: 'never' } }),
  'models/color.xproto':
    'option name = "colors";\nmessage Color (XOSBase) { required string name = 1; }\n',
}

const records = ['--record', 'red.yaml', '--deferred', 'later.json', '--refused', 'never.json']

/** What the command says of the function at a URL. */
const conform = async (words: readonly string[]) =>
  said(['conform', ...words], { cwd: await temporaryFolder(files), environment })

test('a good function passes, each check in a line', async () => {
  const url = await serveColor(realClock)
  const { status, stdout, stderr } = await conform([url, ...records])

  expect(status).toBe(0)
  expect(stdout).toContain('passed   binary-mode: An event in binary mode is taken\n')
  expect(stdout).toContain(
    'skipped  sigterm: At SIGTERM it finishes what runs, and exits with 0\n         It was not started here: start it with --command.\n',
  )
  expect(stderr).toBe(
    `${checkNames.length} checks: ${checkNames.length - 1} passed, 0 failed, 1 skipped\n`,
  )
})

test('a broken function fails, and what to do is told', async () => {
  const url = await serveColor(realClock, faults['too-large']?.fault())
  const { status, stdout, stderr } = await conform([url, ...records])

  expect(status).toBe(1)
  expect(stdout).toMatch(
    /^failed {3}too-large: A body of more than 1048576 bytes is refused\n {9}Expected a body of 1048577 bytes to be refused with 413, got HTTP 200: \{\}\.\n {9}Read at most/m,
  )
  expect(stderr).toMatch(/, 1 failed, 1 skipped\n$/)
})

test('with --skip a check does not count', async () => {
  const url = await serveColor(realClock, faults['too-large']?.fault())
  const { status, stdout } = await conform([url, ...records, '--skip', 'too-large,charset'])

  expect(status).toBe(0)
  expect(stdout).toMatch(/^skipped {2}too-large: /m)
})

test('the report for programs has all checks', async () => {
  const url = await serveColor(realClock, faults['wrong-model']?.fault())
  const { status, stdout } = await conform([url, ...records, '-o', 'json'])
  const report = JSON.parse(stdout) as { readonly checks: readonly { readonly id: string }[] }

  expect(status).toBe(1)
  expect(report).toMatchObject({ url, failed: 1, skipped: 1 })
  expect(report.checks.map(({ id }) => id)).toEqual(checkNames.map(({ id }) => id))
  expect(report.checks.find(({ id }) => id === 'wrong-model')).toMatchObject({
    verdict: 'failed',
    expected: 'a record of AnotherColor to be refused with 400 or 422',
    came: 'HTTP 200: {}',
  })
})

test('the report as JUnit counts, and holds nothing that would break it', async () => {
  const url = await serveColor(realClock, (received, answer) =>
    received.method === 'PUT'
      ? { status: 200, headers: {}, body: '<b>&"done"</b>\u0007' }
      : answer(received),
  )
  const { stdout } = await conform([url, ...records, '--output', 'junit'])

  expect(stdout).toMatch(
    new RegExp(
      `^<\\?xml .*\\n<testsuites tests="${checkNames.length}" failures="1" errors="0" skipped="1"`,
    ),
  )
  expect(stdout).toMatch(
    /<testcase classname="other-method" name="A method that means nothing here is refused" time="\d+\.\d{3}">\n +<failure message="Expected a PUT to be refused with 405, got HTTP 200: &lt;b&gt;&amp;&quot;done&quot;&lt;\/b&gt;\.">Answer 405/,
  )
  expect(stdout).toMatch(/<skipped message="It was not started here: start it with --command"\/>/)
  expect(stdout.endsWith('  </testsuite>\n</testsuites>\n')).toBe(true)
})

test('a record is made up from the models, of the one that the function observes', async () => {
  const seen: unknown[] = []
  const url = await serveColor(realClock, (received, answer) => {
    if (received.headers['ce-type']?.includes('sync') === true) seen.push(received.body.toString())
    return answer(received)
  })
  const { status, stderr } = await conform([url, '--models', 'models'])

  expect({ status, stderr }).toMatchObject({ status: 0 })
  expect(JSON.parse(String(seen[0]))).toMatchObject({
    model: 'Color',
    record: {
      id: 1,
      name: expect.stringMatching(/^name-/) as string,
      class_names: 'Color,XOSBase',
    },
  })
})

test('a function of which no model is known says so', async () => {
  const url = await serveColor(realClock, faults['description']?.fault())

  expect(await conform([url, '--models', 'models'])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/does not say with GET what it observes.*--record/) as string,
  })
})

test.each([
  ['model policy', { observes: 'Color', handle_create: () => undefined }],
  ['event step', { process_event: () => undefined }],
])('a %s is not checked', async (kind, step: AnyStep) => {
  const host = createHost(step, { name: 'x', clock: realClock, callers: { tokens: [token] }, log })
  onTestFinished(() => host.close(0))
  const { port } = await host.listen(0, '127.0.0.1')

  expect(await conform([`http://127.0.0.1:${port}/`, ...records])).toMatchObject({
    status: 1,
    stderr: `Only sync steps are checked, and this function says that its kind is ${kind}.\n`,
  })
})

test.each([
  [[], 2, /^Expected --record FILE, a record that the function can sync, or --models DIR/],
  [['--record', 'red.yaml'], 2, /^Expected URL, where the function is, or --command/],
  [['ftp://x', '--record', 'red.yaml'], 2, /^Expected URL to be an http url, got "ftp:\/\/x"\./],
  [['--command', ' ', '--record', 'red.yaml'], 2, /^Expected --command to name a program/],
  [['--skip', 'charst'], 2, /^Unknown check "charst"\. Did you mean "charset"\?/],
  [['-o', 'yaml'], 2, /^Expected --output to be text, json or junit, got "yaml"\./],
  [['--timeout', '0s'], 2, /^Expected --timeout to be a duration such as 30s\./],
  [['--record', 'none.yaml'], 1, /^Expected a record at .*none\.yaml: no such file\./],
  [['http://a', 'http://b'], 2, /^Unexpected "http:\/\/b"\./],
])('%j ends with status %i', async (words, status, message) => {
  expect(await conform(words)).toEqual({
    status,
    stdout: '',
    stderr: expect.stringMatching(message) as string,
  })
})

test('the help lists the checks', async () => {
  const { stdout } = await conform(['--help'])

  expect(stdout).toMatch(/^Usage: syncstep conform \[URL\] \[flags\]$/m)
  for (const { id, says } of checkNames) {
    expect(stdout).toMatch(new RegExp(`^ {2}${id} +`, 'm'))
    expect(stdout).toContain(says)
  }
})
