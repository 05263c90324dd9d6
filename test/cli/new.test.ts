import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { said } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const models = `option app_label = "racks";
message Rack (XOSBase) { required string name = 1 [max_length = 40]; }
message Shelf (XOSBase) { required manytoone rack->Rack:shelves = 1:1001; }
`

const files = {
  'racks/config.yaml': 'name: racks\nmodels_dir: xproto\nsteps_dir: src/steps\n',
  'racks/xproto/racks.xproto': models,
  'racks/src/steps/rack.ts': "export default defineStep({ observes: 'Rack' })",
}

test('a step is made with its test and its types', async () => {
  const cwd = await temporaryFolder(files)
  const words = ['new', 'step', 'shelf-step', '--model', 'Shelf', '--dir', 'racks']

  expect(await said(words, { cwd })).toEqual({
    status: 0,
    stdout: 'racks/src/steps/shelf-step.ts\nracks/test/shelf-step.test.ts\n',
    stderr: '',
  })
  const read = (name: string) => readFile(path.join(cwd, 'racks', name), 'utf8')
  const step = await read('src/steps/shelf-step.ts')
  expect(step).toContain("import { defineStep } from '../../xproto/types.ts'")
  expect(step).toContain("observes: 'Shelf'")
  const unit = await read('test/shelf-step.test.ts')
  expect(unit).toContain("import { Shelf } from '../xproto/types.ts'")
  expect(unit).toContain("import step from '../src/steps/shelf-step.ts'")
  expect(await read('xproto/types.ts')).toContain('export const Shelf: ModelBlank<')
})

test.each([
  [['step', 'shelf'], 2, /^Expected --model: the model that it observes\./],
  [['stp', 'shelf', '-m', 'Shelf'], 2, /^Unknown kind "stp"\. Did you mean "step"\?/],
  [['step', 'shelf', '-m', 'Shelv'], 1, /^There is no model Shelv\. Did you mean "Shelf"\?/],
  [['step', 'shelf', '-m', 'XOSBase'], 1, /^There is no model XOSBase\./],
  [['step', 'Shelf', '-m', 'Shelf'], 1, /to become the name of a function/],
  [
    ['step', 'other', '-m', 'Rack'],
    1,
    /^src\/steps\/rack\.ts observes Rack already, and each model has one step\./,
  ],
  [['step', 'rack', '-m', 'Shelf'], 1, /^src\/steps\/rack\.ts is there already\./],
])('new %j ends with status %i', async (words, status, message) => {
  const cwd = path.join(await temporaryFolder(files), 'racks')

  expect(await said(['new', ...words], { cwd })).toEqual({
    status,
    stdout: '',
    stderr: expect.stringMatching(message) as string,
  })
})

test('models with mistakes are shown the way to', async () => {
  const cwd = await temporaryFolder({ ...files, 'racks/xproto/racks.xproto': 'message' })

  expect(await said(['new', 'step', 'x', '-m', 'Rack', '-d', 'racks'], { cwd })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^The models have \d mistakes?\. syncstep check /) as string,
  })
})
