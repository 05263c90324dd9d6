import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { announceDev, runningDevs } from '../../../cli/calls/running-dev.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const dev = {
  project: '/srv/paint',
  server: '127.0.0.1:50055',
  steps: { color: { url: 'http://127.0.0.1:9000/', include: ['page'] } },
  token: 't0ken',
}

/** Processes by their ids, as they started. */
const processesOf = (ownId: number, starts: Readonly<Record<number, string>>) => ({
  ownId,
  startOf: (id: number) => Promise.resolve(starts[id]),
})

test('what runs is found by others in the same folder, until it takes that back', async () => {
  const cwd = await temporaryFolder()
  const processes = processesOf(7, { 7: 'Monday' })
  const takeBack = await announceDev(dev, { cwd, processes })

  expect(await runningDevs({ cwd, processes })).toMatchObject([dev])
  expect(await runningDevs({ cwd: await temporaryFolder(), processes })).toEqual([])

  await takeBack()
  expect(await runningDevs({ cwd, processes })).toEqual([])
  expect(await readdir(path.join(cwd, '.syncstep/dev'))).toEqual([])
})

test('nobody else may read the token', async () => {
  const cwd = await temporaryFolder()
  await announceDev(dev, { cwd, processes: processesOf(7, { 7: '' }) })

  const { mode } = await stat(path.join(cwd, '.syncstep/dev/7.json'))
  expect(mode & 0o777).toBe(0o600)
})

test.each([
  ['is dead', {}],
  ['is another process with the same id', { 7: 'Tuesday' }],
])('what %s is not found', async (_, now) => {
  const cwd = await temporaryFolder()
  await announceDev(dev, { cwd, processes: processesOf(7, { 7: 'Monday' }) })

  expect(await runningDevs({ cwd, processes: processesOf(8, now) })).toEqual([])
})

test('a file that is none of its own is passed over', async () => {
  const cwd = await temporaryFolder({
    '.syncstep/dev/1.json': '{"pid": 1',
    '.syncstep/dev/2.json': '{"pid": 2}',
  })
  expect(await runningDevs({ cwd, processes: processesOf(8, { 1: '', 2: '' }) })).toEqual([])
})

test('where nothing can be written nobody is found, and that is all', async () => {
  const cwd = await temporaryFolder({ '.syncstep': 'a file' })
  const processes = processesOf(7, { 7: '' })

  const takeBack = await announceDev(dev, { cwd, processes })
  await takeBack()
  expect(await runningDevs({ cwd, processes })).toEqual([])
})
