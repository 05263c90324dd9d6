import { Readable } from 'node:stream'
import { chmod, lstat, readdir, readFile, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { said } from '../support/said.ts'
import { root } from '../support/syncstep-command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const untidy = 'message  Rack(XOSBase){required   bool on=1;}//racks'

const tidy = `message Rack (XOSBase) {
    required bool on = 1;
} //racks
`

const broken = 'message Rack {'

const textOf = (folder: string, file: string) => readFile(path.join(folder, file), 'utf8')

test('files are brought into shape in place, and the changed ones are named', async () => {
  const cwd = await temporaryFolder({ 'a.xproto': untidy, 'b.xproto': tidy })

  expect(await said(['format', 'a.xproto', 'b.xproto'], { cwd })).toEqual({
    status: 0,
    stdout: 'a.xproto\n',
    stderr: '1 of 2 files formatted\n',
  })
  expect(await textOf(cwd, 'a.xproto')).toBe(tidy)
  expect(await said(['format', '.'], { cwd })).toEqual({
    status: 0,
    stdout: '',
    stderr: '0 of 2 files formatted\n',
  })
})

test('with --check nothing is changed, and status 1 says that something would be', async () => {
  const cwd = await temporaryFolder({ 'a.xproto': untidy, 'b.xproto': tidy })

  expect(await said(['format', '--check', '.'], { cwd })).toEqual({
    status: 1,
    stdout: 'a.xproto\n',
    stderr: '1 of 2 files to format\n',
  })
  expect(await textOf(cwd, 'a.xproto')).toBe(untidy)
  expect(await said(['format', '--check', 'b.xproto'], { cwd })).toMatchObject({ status: 0 })
})

test('a file with mistakes is left alone, the others are not', async () => {
  const cwd = await temporaryFolder({ 'a.xproto': broken, 'b.xproto': untidy })

  expect(await said(['format', '.'], { cwd })).toEqual({
    status: 1,
    stdout: 'b.xproto\n',
    stderr: expect.stringMatching(
      /^a\.xproto:1:9 XP_.*\n.*\n.*\na\.xproto is left as it is: 1 mistake\n1 of 2 files formatted\n$/,
    ) as string,
  })
  expect(await textOf(cwd, 'a.xproto')).toBe(broken)
})

test('standard input goes to standard output', async () => {
  const stdin = (text: string) => ({ stdin: () => Readable.from([Buffer.from(text)]) })

  expect(await said(['format', '-'], stdin(untidy))).toEqual({
    status: 0,
    stdout: tidy,
    stderr: '',
  })
  expect(await said(['format', '-'], stdin(broken))).toMatchObject({ status: 1, stdout: '' })
  expect(await said(['format', '--check', '-'], stdin(untidy))).toMatchObject({
    status: 1,
    stdout: '<stdin>\n',
  })
  expect(await said(['format', '-', 'a.xproto'])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^Expected - alone/) as string,
  })
})

test('a file keeps its mode, a symbolic link stays one, and no draft is left behind', async () => {
  const cwd = await temporaryFolder({ 'real/a.xproto': untidy })
  const file = path.join(cwd, 'real/a.xproto')
  await chmod(file, 0o664)
  await symlink(file, path.join(cwd, 'link.xproto'))

  expect(await said(['format', 'link.xproto'], { cwd })).toMatchObject({ status: 0 })
  expect(await textOf(cwd, 'real/a.xproto')).toBe(tidy)
  expect((await stat(file)).mode & 0o777).toBe(0o664)
  expect((await lstat(path.join(cwd, 'link.xproto'))).isSymbolicLink()).toBe(true)
  expect(await readdir(path.join(cwd, 'real'))).toEqual(['a.xproto'])
})

test('the core models are in shape', async () => {
  expect(await said(['format', '--check', 'xproto/models'], { cwd: root })).toMatchObject({
    status: 0,
  })
})
