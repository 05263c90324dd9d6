import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { keepTypes } from '../../cli/keep-types.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createRecordedLog } from '../support/recorded-log.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const rack = (field: string) => `option app_label = "racks";
message Rack (XOSBase) { required string ${field} = 1 [max_length = 40]; }
`

/** A folder of models with the types kept; `change` writes a file of it and tells the watch. */
const keep = async (files: Readonly<Record<string, string>>) => {
  const folder = await temporaryFolder(files)
  const clock = createManualClock()
  const { log, entries } = createRecordedLog()
  const watching = new Set<(file: string) => void>()
  const stop = await keepTypes(
    folder,
    {
      clock,
      watch: (_folder, onChange) => {
        watching.add(onChange)
        return () => void watching.delete(onChange)
      },
    },
    log,
  )
  const change = async (name: string, text: string): Promise<void> => {
    await writeFile(path.join(folder, name), text)
    for (const onChange of watching) onChange(path.join(folder, name))
    await clock.advance(50)
  }
  const types = () => readFile(path.join(folder, 'types.ts'), 'utf8')
  return { folder, entries, watching, change, types, stop }
}

test('the types are written at once, and anew when the models change', async () => {
  const { types, change, entries } = await keep({ 'racks.xproto': rack('name') })
  expect(await types()).toContain('readonly name: string')

  await change('racks.xproto', rack('label'))
  await until('the types are new', async () => (await types()).includes('readonly label: string'))
  expect(entries.map(({ message }) => message)).toEqual(
    Array<string>(2).fill('Wrote types of the models'),
  )
})

test('types that are right are left alone', async () => {
  const { folder, types } = await keep({ 'racks.xproto': rack('name') })
  const again = await keep({ 'racks.xproto': rack('name'), 'types.ts': await types() })

  expect(again.entries).toEqual([])
  expect(await readdir(folder)).toEqual(['racks.xproto', 'types.ts'])
})

test.each([
  ['with a mistake', 'message Rack (Nothing) { }'],
  ['that are none', ''],
])('models %s get no types', async (_which, text) => {
  const { folder, entries } = await keep({ 'racks.xproto': text })

  expect(entries).toEqual([])
  expect(await readdir(folder)).toEqual(['racks.xproto'])
})

test('a folder that cannot be written to is told of', async () => {
  const { entries } = await keep({ 'racks.xproto': rack('name'), 'types.ts/in-the-way': '' })

  expect(entries).toEqual([
    expect.objectContaining({ level: 'warn', message: 'Cannot write types of the models' }),
  ])
})

test('after the stop nothing is watched', async () => {
  const { watching, stop } = await keep({ 'racks.xproto': rack('name') })
  expect(watching.size).toBe(1)

  stop()
  expect(watching.size).toBe(0)
})
