import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { targets } from '#xproto'
import { said } from '../support/said.ts'
import { root } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const models = `option name = "racks";

message Rack (XOSBase) {
    required string name = 1 [max_length = 40];
}

message Device (XOSBase) {
    required manytoone rack->Rack:devices = 1:1001;
}
`

const broken = models.replace('->Rack', '->Rak')

const folderWith = (text: string) => temporaryFolder({ 'models/racks.xproto': text })

test('a target of one file goes to standard output', async () => {
  const cwd = await folderWith(models)
  const { status, stdout, stderr } = await said(['generate', 'model-deps', 'models'], { cwd })

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(JSON.parse(stdout)).toHaveProperty('Device')
  expect(JSON.parse(stdout)).not.toHaveProperty('Slice')
})

test('types of a synchronizer go beside its models', async () => {
  const cwd = await temporaryFolder({
    'racks/config.yaml': 'name: racks\nmodels_dir: xproto\n',
    'racks/xproto/racks.xproto': models,
    'racks/test/other.xproto': broken,
  })

  expect(await said(['generate', 'types', 'racks'], { cwd })).toEqual({
    status: 0,
    stdout: 'racks/xproto/types.ts\n',
    stderr: '',
  })
  const text = await readFile(path.join(cwd, 'racks/xproto/types.ts'), 'utf8')
  expect(text).toContain('export type Device<')
  expect(await said(['generate', 'types', 'racks/xproto'], { cwd })).toMatchObject({ stdout: text })
})

test('a synchronizer without models has no types', async () => {
  const cwd = await temporaryFolder({ 'racks/config.yaml': 'name: racks\n' })

  expect(await said(['generate', 'types', 'racks'], { cwd })).toMatchObject({
    status: 1,
    stderr: 'Expected models_dir in racks/config.yaml.\n',
  })
})

test.each(['hello-world', 'tenant-databases'])(
  'the types of %s are what follows from its models',
  async (service) => {
    const cwd = path.join(root, 'functions', service, 'models')
    const { stdout } = await said(['generate', 'types', `${service}.xproto`], { cwd })

    expect(await readFile(path.join(cwd, 'types.ts'), 'utf8')).toBe(stdout)
  },
)

test('with --with-core the core models are described, too', async () => {
  const cwd = await folderWith(models)
  const words = ['generate', 'model-deps', 'models', '--with-core']

  expect(JSON.parse((await said(words, { cwd })).stdout)).toHaveProperty('Slice')
})

test('a target of many files needs a folder, which is made, and each file is named', async () => {
  const cwd = await folderWith(models)

  expect(await said(['generate', 'proto', 'models'], { cwd })).toEqual({
    status: 2,
    stdout: '',
    stderr: 'proto is 5 files. Say with -o where they shall be.\nSee: syncstep generate --help\n',
  })
  const { status, stdout, stderr } = await said(
    ['generate', 'proto', 'models', '-o', 'build/proto'],
    { cwd },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.trim().split('\n')).toContain('build/proto/xos.proto')
  expect(await readFile(path.join(cwd, 'build/proto/xos.proto'), 'utf8')).toContain(
    'message Device',
  )
})

test('writing again changes nothing', async () => {
  const cwd = await folderWith(models)
  const write = async (): Promise<string> => {
    await said(['generate', 'tosca', 'models', '--output=out'], { cwd })
    const names = (await readdir(path.join(cwd, 'out'), { recursive: true })).sort()
    const texts = names
      .filter((name) => name.includes('.'))
      .map((name) => readFile(path.join(cwd, 'out', name), 'utf8'))
    return [...names, ...(await Promise.all(texts))].join('\n')
  }
  const first = await write()

  expect(first).toContain('tosca.nodes.Device')
  expect(await write()).toBe(first)
})

test('of models with mistakes nothing is written', async () => {
  const cwd = await folderWith(broken)

  expect(await said(['generate', 'proto', 'models', '-o', 'out'], { cwd })).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^models\/racks\.xproto:8:30 XP_UNKNOWN_TARGET: [^]*\nNothing is written: 1 mistake\n$/,
    ) as string,
  })
  expect(await readdir(cwd)).toEqual(['models'])
})

test('with --compat what XOS lets pass is a warning', async () => {
  const cwd = await folderWith(broken)

  expect(await said(['generate', 'modeldefs', 'models', '--compat'], { cwd })).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('rack_id') as string,
    stderr: expect.stringMatching(
      /^models\/racks\.xproto:8:30 warning XP_UNKNOWN_TARGET: /,
    ) as string,
  })
})

test('a file that cannot be replaced leaves no draft behind', async () => {
  const cwd = await temporaryFolder({ 'racks.xproto': models, 'out/xos.proto/in-the-way': '' })

  expect(await said(['generate', 'proto', 'racks.xproto', '-o', 'out'], { cwd })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^Cannot write .*\/out\/xos\.proto: it is a folder \(EISDIR\)/,
    ) as string,
  })
  expect(await readdir(path.join(cwd, 'out'))).toEqual(['xos.proto'])
})

test('the help lists the targets', async () => {
  const { stdout } = await said(['generate', '--help'])

  expect(stdout).toContain('-o, --output DIR')
  for (const [name, { summary }] of Object.entries(targets)) {
    expect(stdout).toMatch(new RegExp(`^ {2}${name} +`, 'm'))
    expect(stdout).toContain(summary)
  }
})

test.each([
  [['generate'], 2, /^Expected TARGET: what to write/],
  [['generate', 'proto'], 2, /^Expected PATH\.\.\.: files/],
  [['generate', 'prto', 'models'], 2, /^Unknown target "prto"\. Did you mean "proto"\?/],
  [['generate', 'constructor', 'models'], 2, /^Unknown target "constructor"\. Known: /],
  [['generate', 'proto', 'models', '-o'], 2, /^Expected a value after -o\./],
  [
    ['generate', 'proto', 'models', '-o', 'models/racks.xproto'],
    1,
    /^Cannot write .*\/models\/racks\.xproto\/xos\.proto: a file is where a folder should be \(E/,
  ],
  [['generate', 'proto', 'none.xproto'], 1, /^Expected a model in the files, there is none\.$/m],
])('%j ends with status %i', async (words, status, message) => {
  const cwd = await temporaryFolder({ 'models/racks.xproto': models, 'none.xproto': '' })

  expect(await said(words, { cwd })).toEqual({
    status,
    stdout: '',
    stderr: expect.stringMatching(message) as string,
  })
})
