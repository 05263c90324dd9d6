import { Readable } from 'node:stream'
import { symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/syncstep-command.ts'
import { said } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const rack = `option name = "racks";

message Rack (XOSBase) {
    required string name = 1 [max_length = 40];
}
`

const device = `option name = "racks";

message Device (XOSBase) {
    required manytoone rack->Rack:devices = 1:1001;
}
`

const broken = `option name = "racks";

message Device (XOSBase) {
    required manytoone rack->Rak:devices = 1:1001;
    optional bool on = 1;
}
`

const stdin = (text: string | Buffer) => ({ stdin: () => Readable.from([Buffer.from(text)]) })

test('clean models are told in one line', async () => {
  const cwd = await temporaryFolder({ 'rack.xproto': rack, 'device.xproto': device })

  expect(await said(['check', 'rack.xproto', 'device.xproto'], { cwd })).toEqual({
    status: 0,
    stdout: '',
    stderr: '2 files, 2 models, no mistakes\n',
  })
})

test('mistakes are shown where they are, and counted', async () => {
  const cwd = await temporaryFolder({ 'rack.xproto': rack, 'device.xproto': broken })

  expect(await said(['check', 'rack.xproto', './device.xproto'], { cwd })).toEqual({
    status: 1,
    stdout: `device.xproto:4:30 XP_UNKNOWN_TARGET: No model is named Rak; did you mean Rack?
    4 |     required manytoone rack->Rak:devices = 1:1001;
      |                              ^^^

device.xproto:5:24 XP_DUPLICATE_NUMBER: Number 101 of Device belongs to rack; give on another number.
    5 |     optional bool on = 1;
      |                        ^
  device.xproto:4:44 first used here
    4 |     required manytoone rack->Rak:devices = 1:1001;
      |                                            ^
`,
    stderr: '2 mistakes in 2 files\n',
  })
})

test('a warning is shown and is no mistake', async () => {
  const cwd = await temporaryFolder({
    'rack.xproto': 'option name = "racks"; message Rack (XOSBase) { optional string note = 1; }',
  })

  expect(await said(['check', 'rack.xproto'], { cwd })).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^rack\.xproto:1:65 warning XP_STRING_LENGTH: /) as string,
    stderr: '1 file, 1 model, no mistakes, 1 warning\n',
  })
})

test('a folder means the .xproto files in and below it, but for packages and what is hidden', async () => {
  const cwd = await temporaryFolder({
    'models/b/device.xproto': device,
    'models/a/rack.xproto': rack,
    'models/readme.md': 'not models',
    'models/node_modules/other/models.xproto': 'not looked at',
    'models/.git/models.xproto': 'not looked at',
    'models/.#rack.xproto': 'not looked at',
    'elsewhere.xproto': 'message Elsewhere (Nothing) { }',
  })
  await symlink(path.join(cwd, 'elsewhere.xproto'), path.join(cwd, 'models/linked.xproto'))

  expect(await said(['check', 'models', 'models/a'], { cwd })).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^models\/linked\.xproto:1:9 /) as string,
    stderr: expect.stringMatching(/ in 3 files/) as string,
  })
})

test('standard input is a file like any other', async () => {
  const cwd = await temporaryFolder({ 'rack.xproto': rack })

  expect(await said(['check', 'rack.xproto', '-'], { cwd, ...stdin(device) })).toMatchObject({
    status: 0,
    stderr: '2 files, 2 models, no mistakes\n',
  })
  expect(await said(['check', '-'], stdin('message'))).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^<stdin>:1:8 XP_/) as string,
  })
})

test('with --syntax-only the rest of the models may be missing', async () => {
  const cwd = await temporaryFolder({ 'device.xproto': broken, 'open.xproto': 'message Open {' })

  expect(await said(['check', '--syntax-only', 'device.xproto'], { cwd })).toEqual({
    status: 0,
    stdout: '',
    stderr: '1 file, 1 model, no mistakes\n',
  })
  expect(await said(['check', '--syntax-only', 'open.xproto'], { cwd })).toMatchObject({
    status: 1,
    stderr: '1 mistake in 1 file\n',
  })
})

const old = `option name = "racks";

message Rack (XOSBase) {
    required string name = 1 [max_length = 40, verbose_name = "Name"];
    optional bool on = 2…;
}
`

test.each([
  [
    'files that XOS loads as they are',
    ['check', 'rack.xproto'],
    '2 mistakes in 1 file; for files that XOS loads as they are there is --compat\n',
  ],
  ['the same, forgiven', ['check', '--compat', 'rack.xproto'], null],
  [
    'marks that XOS skips',
    ['check', '--syntax-only', 'rack.xproto'],
    '1 mistake in 1 file; for files that XOS loads as they are there is --compat\n',
  ],
  [
    'marks that XOS skips, forgiven',
    ['check', '--syntax-only', '--compat', 'rack.xproto'],
    '1 file, 1 model, no mistakes, 1 warning\n',
  ],
])('%s: %j', async (_, words, stderr) => {
  const cwd = await temporaryFolder({ 'rack.xproto': old })
  const expected = stderr ?? '1 file, 1 model, no mistakes, 2 warnings\n'
  expect((await said(words, { cwd })).stderr).toBe(expected)
})

test('the core models are known, unless the files define them', async () => {
  const cwd = await temporaryFolder({
    'core.xproto': rack,
    'own.xproto': 'option name = "own"; /* message XOSBase */ message Service { }',
  })
  const shipped = path.join(root, 'xproto/models/core.xproto')

  expect(await said(['check', shipped])).toEqual({
    status: 0,
    stdout: '',
    stderr: '1 file, 35 models, no mistakes\n',
  })
  expect(await said(['check', 'core.xproto'], { cwd })).toMatchObject({ status: 0 })
  expect(await said(['check', 'own.xproto'], { cwd })).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /own\.xproto:1:52 XP_DUPLICATE.*\n.*\n.*\n {2}<core models>:/,
    ) as string,
  })
})

test('a mistake that the files make in the core models is theirs', async () => {
  const text = 'option name = "a"; message Slices (XOSBase) { optional bool on = 1; }'
  const cwd = await temporaryFolder({ 'a.xproto': text })

  expect(await said(['check', 'a.xproto'], { cwd })).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /^<core models>:\d+:9 XP_DUPLICATE_PLURAL: [^]*a\.xproto:1:28 /,
    ) as string,
    stderr: '1 mistake in 1 file\n',
  })
})

test('the models of the tutorial have no mistakes', async () => {
  expect(await said(['check', 'functions/hello-world'], { cwd: root })).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^1 file, 2 models, no mistakes/) as string,
  })
})

test.each([
  [['check'], /^Expected PATH\.\.\.: files, folders/],
  [['check', 'no/such'], /^No file or folder no\/such\.\n/],
  [['check', 'empty'], /^No \.xproto file in empty or below it\.\n/],
  [
    ['check', 'a.xproto', '--synax-only'],
    /^Unknown flag --synax-only\. Did you mean "--syntax-only"/,
  ],
  [['check', 'a.xproto', '--format', 'xml'], /^Expected --format to be text, json or github/],
  [['check', 'a.xproto', '-x'], /^Unknown flag -x\. Known: /],
])('%j is wrong use: status 2', async (words, message) => {
  const cwd = await temporaryFolder({ 'a.xproto': rack, 'empty/.keep': '' })

  expect(await said(words, { cwd })).toEqual({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(message) as string,
  })
})

test('what is too long or no text is refused in a sentence', async () => {
  const cwd = await temporaryFolder({ 'long.xproto': ' '.repeat(16 * 1024 * 1024 + 1) })
  await writeFile(path.join(cwd, 'latin.xproto'), Buffer.from([0x2f, 0x2f, 0xe9]))

  expect(await said(['check', 'long.xproto'], { cwd })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'long.xproto is longer than 16 MiB.\n',
  })
  expect(await said(['check', 'latin.xproto'], { cwd })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'latin.xproto is not UTF-8 text. Save it as UTF-8.\n',
  })
})

test('a file is read once, however many paths and symbolic links lead to it', async () => {
  const cwd = await temporaryFolder({ 'models/rack.xproto': rack })
  await symlink('rack.xproto', path.join(cwd, 'models/same.xproto'))
  const words = ['check', 'models', './models/rack.xproto', path.join(cwd, 'models')]

  expect(await said(words, { cwd })).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^1 file, /) as string,
  })
})

test('a symbolic link that leads nowhere is told in words', async () => {
  const cwd = await temporaryFolder({ 'models/rack.xproto': rack })
  await symlink('gone', path.join(cwd, 'models/lost.xproto'))

  expect(await said(['check', 'models'], { cwd })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'Cannot read models/lost.xproto: no such file or folder (ENOENT).\n',
  })
})

test('Ctrl-C ends the wait for standard input', async () => {
  const endless = new Readable({ read: () => undefined })

  expect(await said(['check', '-'], { stdin: () => endless, stop: AbortSignal.abort() })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'Interrupted.\n',
  })
})

test('with --format json every mistake is an object', async () => {
  const cwd = await temporaryFolder({ 'rack.xproto': rack, 'device.xproto': broken })
  const { status, stdout } = await said(['check', '--format', 'json', '.'], { cwd })

  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject([
    { code: 'XP_UNKNOWN_TARGET', file: 'device.xproto', line: 4, column: 30, endColumn: 33 },
    { code: 'XP_DUPLICATE_NUMBER', severity: 'error', notes: [{ line: 4, column: 44 }] },
  ])
  expect(await said(['check', '--format=json', 'rack.xproto'], { cwd })).toMatchObject({
    status: 0,
    stdout: '[]\n',
  })
})

test('with --format github every mistake is a workflow command', async () => {
  const cwd = await temporaryFolder({ 'rack.xproto': rack, 'device.xproto': broken })
  const { stdout } = await said(['check', '--format', 'github', '.'], { cwd })

  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(
      /^::error file=device\.xproto,line=4,.*title=XP_UNKNOWN_TARGET::No model/,
    ),
    expect.stringMatching(/^::error file=device\.xproto,line=5,.*title=XP_DUPLICATE_NUMBER::/),
    '',
  ])
})

test('with --compat what XOS lets pass is a warning', async () => {
  const cwd = await temporaryFolder({ 'rack.xproto': rack, 'device.xproto': broken })

  expect(await said(['check', '--compat', '.'], { cwd })).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/ warning XP_UNKNOWN_TARGET: [^]* XP_DUPLICATE_NUMBER/) as string,
    stderr: '1 mistake, 1 warning in 2 files\n',
  })
})

test.each([
  [true, {}, '\u001b['],
  [true, { NO_COLOR: '1' }, ' XP_'],
  [false, {}, ' XP_'],
])('on a terminal (%j) with %j, mistakes have %j', async (isTerminal, environment, expected) => {
  const cwd = await temporaryFolder({ 'device.xproto': broken })
  let text = ''
  const stdout = { isTerminal, write: (part: string) => (text += part) }
  await said(['check', '.'], { cwd, environment, stdout })

  expect(text).toContain(expected)
  expect(text.includes('\u001b')).toBe(expected === '\u001b[')
})
