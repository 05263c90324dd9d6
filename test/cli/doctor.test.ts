import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkEndpoint } from '../../cli/doctor/core-endpoint.ts'
import { checkNodeVersion } from '../../cli/doctor/node-version.ts'
import { checkPorts } from '../../cli/doctor/ports.ts'
import { said } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Nobody answers. */
const ask = () => Promise.reject(new Error('no answer'))

const stop = new AbortController().signal

const models = `option app_label = "racks";
message Rack (XOSBase) { required string name = 1 [max_length = 40]; }
`

const healthy = {
  'racks/package.json': '{"type": "module"}',
  'racks/config.yaml': 'name: racks\nmodels_dir: models\nsteps_dir: steps\n',
  'racks/models/racks.xproto': models,
  'racks/steps/rack.ts': "export default defineStep({ observes: 'Rack' })",
}

/** What the doctor says of the folder with these files, and the types that follow from its models. */
const diagnosis = async (files: Readonly<Record<string, string>>) => {
  const cwd = await temporaryFolder({ ...healthy, ...files })
  await said(['generate', 'types', 'racks'], { cwd })
  return said(['doctor', 'racks'], { cwd, ask })
}

test('a service in good health has nothing wrong', async () => {
  const { status, stdout, stderr } = await diagnosis({})

  expect({ status, stderr }).toEqual({ status: 0, stderr: 'Nothing is wrong\n' })
  expect(stdout).toMatch(/^ok {5}Node\.js is \d+\.\d+\.\d+$/m)
  expect(stdout).toContain('ok     racks/config.yaml has no mistakes\n')
  expect(stdout).toContain('ok     1 model, without mistakes\n')
  expect(stdout).toContain('ok     racks/models/types.ts is what follows from the models\n')
})

test.each([
  [
    'config.yaml has a mistake',
    { 'racks/config.yaml': 'nam: racks\n' },
    /^wrong {2}racks\/config\.yaml:1:1: .*$/m,
  ],
  [
    'the models have mistakes',
    { 'racks/models/racks.xproto': models.replace('XOSBase', 'Nothing') },
    /^wrong {2}The models have \d mistakes?\n {7}syncstep check racks\/models shows them\.$/m,
  ],
  [
    'a step observes what is no model',
    { 'racks/steps/rack.ts': 'export default { observes: "Rak" }' },
    /^wrong {2}The step rack\.ts observes Rak, which is no model\n {7}Did you mean "Rack"\?$/m,
  ],
  [
    'two steps observe one model',
    { 'racks/steps/other.ts': "class Other { readonly observes = 'Rack' }" },
    /^wrong {2}other\.ts and rack\.ts observe Rack, and each model has one step$/m,
  ],
  [
    'a required model is missing',
    {
      'racks/config.yaml':
        'name: racks\nmodels_dir: models\nsteps_dir: steps\nrequired_models: [Shelf]\n',
    },
    /^wrong {2}required_models of config\.yaml names Shelf, which is no model here$/m,
  ],
  [
    'the service is no package of modules',
    { 'racks/package.json': '{}' },
    /^wrong {2}The package\.json of the service does not say that its files are modules\n {7}Add "type"/m,
  ],
])('%s: that is wrong, and told with what to do', async (_which, files, line) => {
  const { status, stdout, stderr } = await diagnosis(files)

  expect(stdout).toMatch(line)
  expect({ status, stderr }).toEqual({ status: 1, stderr: '1 thing wrong\n' })
})

test.each([
  ['is missing', undefined],
  ['is not what follows from the models', 'export {}'],
])('a types.ts that %s is wrong', async (what, text) => {
  const types: Readonly<Record<string, string>> =
    text === undefined ? {} : { 'racks/models/types.ts': text }
  const cwd = await temporaryFolder({ ...healthy, ...types })
  const { status, stdout } = await said(['doctor', 'racks'], { cwd, ask })

  expect(status).toBe(1)
  expect(stdout).toContain(`wrong  racks/models/types.ts ${what}\n`)
  expect(stdout).toContain('       syncstep generate types racks writes it')
})

test('a model without a step is noted, which is nothing wrong', async () => {
  const shelf = 'message Shelf (XOSBase) { optional string name = 1 [max_length = 40]; }\n'
  const { status, stdout } = await diagnosis({ 'racks/models/racks.xproto': models + shelf })

  expect(status).toBe(0)
  expect(stdout).toContain('note   No step observes Shelf, so nobody syncs its records\n')
  expect(stdout).toContain('       syncstep new step NAME --model Shelf makes one.\n')
})

test('without a service only the machine is looked at', async () => {
  const cwd = await temporaryFolder()
  const { status, stdout } = await said(['doctor'], { cwd, ask })

  expect(status).toBe(0)
  expect(stdout).toContain('note   There is no service in .: no config.yaml\n')
})

test.each([
  ['20.19.0', 'ok'],
  ['24.1.0', 'ok'],
  ['20.18.3', 'wrong'],
  ['18.20.4', 'wrong'],
])('Node.js %s is %s', (version, state) => {
  expect(checkNodeVersion(version).state).toBe(state)
})

const listening = async (): Promise<number> => {
  const server = createServer((socket) => socket.end())
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

test('a port that another program has is noted, unless that is a core which is ready', async () => {
  const ports = [{ face: 'health', flag: '--health-port', port: await listening() }]
  const ready = async () => ({ status: 200, body: 'ok' })

  expect(await checkPorts({ ask, stop }, ports)).toMatchObject([
    { state: 'note', advice: 'Stop that, or give --health-port to dev and core.' },
  ])
  expect(await checkPorts({ ask: ready, stop }, ports)).toMatchObject([
    { state: 'ok', text: expect.stringContaining('A core runs on this machine') as string },
  ])
  expect(await checkPorts({ ask, stop }, [])).toMatchObject([{ state: 'ok' }])
})

test('whether the core of config.yaml can be reached is told', async () => {
  const port = await listening()

  expect(await checkEndpoint(`127.0.0.1:${port}`)).toMatchObject({ state: 'ok' })
  expect(await checkEndpoint('127.0.0.1:1')).toMatchObject({ state: 'note' })
})

test('the folder is the one that is meant', async () => {
  const cwd = path.join(await temporaryFolder(healthy), 'racks')
  await said(['generate', 'types', '.'], { cwd })

  expect(await said(['doctor'], { cwd, ask })).toMatchObject({ status: 0 })
})
