import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadProject } from '../../cli/project.ts'
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
  [
    ['policy', 'fill', '--model', 'Rack'],
    'model_policies',
    ["import { definePolicy } from '../xproto/types.ts'", "observes: 'Rack'"],
    "import policy from '../model_policies/fill.ts'",
  ],
  [['event', 'port'], 'event_steps', ['defineEventStep({'], 'runEvent(step'],
  [['pull', 'look'], 'pull_steps', ['definePullStep({'], 'runPull(step'],
])('new %j adds to the configuration where such steps are', async (words, dir, texts, use) => {
  const cwd = path.join(await temporaryFolder(files), 'racks')
  const [, name] = words

  expect(await said(['new', ...words], { cwd })).toEqual({
    status: 0,
    stdout: `${dir}/${name}.ts\ntest/${name}.test.ts\nconfig.yaml\n`,
    stderr: '',
  })
  const read = (file: string) => readFile(path.join(cwd, file), 'utf8')
  const step = await read(`${dir}/${name}.ts`)
  for (const text of texts) expect(step).toContain(text)
  expect(await read(`test/${name}.test.ts`)).toContain(use)
  const { project } = await loadProject(cwd, '.')
  expect(project.steps.map(({ step }) => step)).toContain(name)

  const again = await said(['new', 'pull', 'second'], { cwd })
  expect(again).toMatchObject({ status: 0, stderr: '' })
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
    /^src\/steps\/rack\.ts observes Rack already, and each model has one sync step\./,
  ],
  [['step', 'rack', '-m', 'Shelf'], 1, /^src\/steps\/rack\.ts is there already\./],
  [['pull', 'rack'], 1, /^src\/steps\/rack\.ts is there already\./],
  [['policy', 'shelf'], 2, /^Expected --model: the model that it observes\./],
  [['event', 'shelf', '-m', 'Shelf'], 2, /^Expected no --model: event steps observe none\./],
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
