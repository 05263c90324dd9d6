import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asAdministrator } from '../support/store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { openCliCore } from './cli-core.ts'

let core: Awaited<ReturnType<typeof openCliCore>>

beforeAll(async () => {
  core = await openCliCore()
})
afterAll(() => core.close())

const namesOf = async (): Promise<readonly unknown[]> =>
  (await asAdministrator(core.store).list('HelloWorldService')).map(({ name }) => name)

test('what was backed up comes back, and the core leaves no copy behind', async () => {
  const folder = await temporaryFolder()
  const file = path.join(folder, 'all.backup')
  const add = (name: string) =>
    asAdministrator(core.store).create('HelloWorldService', { name, hello_from: 'me' })
  await add('before')
  const made = await core.run(['backup', file])
  await add('after')

  const { size, mode } = await stat(file)
  expect(made).toEqual({ status: 0, stdout: `Wrote ${size} bytes to ${file}.\n`, stderr: '' })
  expect(mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['all.backup'])
  expect((await core.run(['restore', file])).stderr).toMatch(/^Expected --yes: /)
  expect(await namesOf()).toEqual(['before', 'after'])
  const restored = await core.run(['restore', file, '--yes'])
  expect(restored).toMatchObject({ status: 0, stderr: '' })
  expect(restored.stdout).toMatch(
    /^Restored \d+ rows as they were at 2026-01-01T00:00:00.000Z\.\n$/,
  )
  expect(await namesOf()).toEqual(['before'])
  expect(await readdir(core.files)).toEqual([])
})

test('a damaged file is refused, and nothing is changed', async () => {
  const folder = await temporaryFolder()
  const file = path.join(folder, 'all.backup')
  await core.run(['backup', file])
  const bytes = await readFile(file)
  await writeFile(file, bytes.subarray(0, bytes.length / 2))
  const before = await namesOf()

  const { status, stderr } = await core.run(['restore', file, '--yes'])
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'That is no backup of Syncstep, or it is damaged. Nothing was changed\n',
  })
  expect(await namesOf()).toEqual(before)
})

test('a file that cannot be written or read is named', async () => {
  const folder = await temporaryFolder()
  const nowhere = path.join(folder, 'no', 'file')

  expect((await core.run(['backup', nowhere])).stderr).toBe(
    `Cannot write ${nowhere}: no such file or folder (ENOENT).\n`,
  )
  expect((await core.run(['restore', nowhere, '--yes'])).stderr).toBe(
    `Expected a backup at ${nowhere}: no such file.\n`,
  )
})
