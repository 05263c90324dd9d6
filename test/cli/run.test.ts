import path from 'node:path'
import { expect, test } from 'vitest'
import { said } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test.each([
  [[], 'Expected a command.\nSee: syncstep --help\n'],
  [['dv'], 'Unknown command "dv". Did you mean "dev"?\nSee: syncstep --help\n'],
  [['--versoin'], 'Unknown flag "--versoin". Did you mean "--version"?\nSee: syncstep --help\n'],
  [
    ['constructor'],
    /^Unknown command "constructor"\. Known: dev, core, dispatcher, function, check, format, generate/,
  ],
  [['dev'], /^Expected DIR: the folder of the synchronizer.*\nSee: syncstep dev --help\n$/],
  [['dev', 'a', 'b'], 'Unexpected "b".\nSee: syncstep dev --help\n'],
  [
    ['dev', 'a', '--dta', 'x'],
    'Unknown flag --dta. Did you mean "--data"?\nSee: syncstep dev --help\n',
  ],
  [['dev', 'a', '--__proto__'], /^Unknown flag --__proto__\./],
  [['dev', 'a', '--data'], 'Expected a value after --data.\nSee: syncstep dev --help\n'],
  [
    ['dev', 'a', '--rest-port', '70000'],
    'Expected --rest-port to be a port from 0 to 65535, got "70000".\nSee: syncstep dev --help\n',
  ],
  [['core', '--development=yes'], /^--development takes no value, got "yes"\./],
  [['core', '--log-level', 'loud'], /^Expected --log-level to be trace, .*got "loud"\./],
])('the command line %j is not one: status 2', async (words, message) => {
  const { status, stdout, stderr } = await said(words)

  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  if (typeof message === 'string') expect(stderr).toBe(message)
  else expect(stderr).toMatch(message)
})

test('a variable stands for its flag, the flag wins, and an empty one is none', async () => {
  const environment = { SYNCSTEP_REST_PORT: 'x' }

  expect(await said(['core'], { environment })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Expected SYNCSTEP_REST_PORT to be a port') as string,
  })
  const missing = expect.stringContaining('Set SYNCSTEP_ADMIN_PASSWORD') as string
  expect(await said(['core', '--rest-port', '1'], { environment })).toMatchObject({
    status: 1,
    stderr: missing,
  })
  expect(await said(['core'], { environment: { SYNCSTEP_REST_PORT: '' } })).toMatchObject({
    status: 1,
    stderr: missing,
  })
})

test.each([['dev'], ['core'], ['dispatcher'], ['function']])(
  '%s --help tells its flags and their variables',
  async (command) => {
    const { status, stdout, stderr } = await said([command, '--help'])

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`Usage: syncstep ${command}`)
    expect(stdout).toContain('SYNCSTEP_HOST')
  },
)

test('--help lists the commands and --version tells the version', async () => {
  expect(await said(['--help'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('function FILE') as string,
  })
  expect(await said(['--version'])).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' })
})

test('what the user can repair is one message, status 1, no stack', async () => {
  const { status, stderr } = await said(['dev', 'no/such/folder'], { cwd: '/' })

  expect(status).toBe(1)
  expect(stderr).toBe('Expected the folder of a synchronizer at /no/such/folder: no such folder.\n')
})

test('a step that does not import shows where it fails', async () => {
  const folder = await temporaryFolder({ 'broken.js': 'throw new Error("no such colour")' })
  const { status, stderr } = await said(['function', path.join(folder, 'broken.js')])

  expect(status).toBe(1)
  expect(stderr).toMatch(/Cannot import .*broken\.js:\nError: no such colour\n\s+at .*broken\.js/)
})

test('a module without a step says what it lacks', async () => {
  const folder = await temporaryFolder({ 'empty.js': 'export default { observes: 7 }' })
  const { status, stderr } = await said(['function', path.join(folder, 'empty.js')])

  expect(status).toBe(1)
  expect(stderr).toMatch(/is no step: it has none of sync_record, delete_record/)
})

test.each([
  [{}, /Nobody could call this function.*SYNCSTEP_FUNCTION_TOKEN.*--anyone/],
  [{ SYNCSTEP_FUNCTION_SECRET: 'short' }, /Expected a secret of 24 to 64 bytes in base64/],
])(
  'a function that nobody could call says what is to be set, as with %j',
  async (environment, reason) => {
    const step = '{ observes: "Color", sync_record() {}, delete_record() {} }'
    const folder = await temporaryFolder({ 'step.js': `export default ${step}` })
    const { status, stderr } = await said(['function', path.join(folder, 'step.js')], {
      environment,
    })

    expect(status).toBe(1)
    expect(stderr).toMatch(reason)
    expect(stderr).not.toContain('short')
  },
)

test('the well-known password is for this machine only', async () => {
  const folder = await temporaryFolder({ 'config.yaml': 'name: x' })
  const { status, stderr } = await said(['dev', folder, '--host', '0.0.0.0'])

  expect(status).toBe(1)
  expect(stderr).toMatch(/^Set SYNCSTEP_ADMIN_PASSWORD: with --host 0\.0\.0\.0 others can reach/)
})

test.each([
  [{}, /^Where does the step paint run\? Set functions\.paint\.url/],
  [{ SYNCSTEP_STEP_URL: '{step}' }, /^Expected SYNCSTEP_STEP_URL to make an http url, got paint/],
  [
    { SYNCSTEP_STEP_URL: 'http://{step}/' },
    /^Expected accessor\.endpoint in config\.yaml, or SYNCSTEP_CORE_ENDPOINT/,
  ],
  [
    {
      SYNCSTEP_STEP_URL: 'http://{step}/',
      SYNCSTEP_CORE_ENDPOINT: 'core:50055',
      SYNCSTEP_USERNAME: 'u',
      SYNCSTEP_PASSWORD: 'p',
      SYNCSTEP_FUNCTION_SECRET: 'hush',
    },
    /^SYNCSTEP_FUNCTION_SECRET: Expected a secret of 24 to 64 bytes in base64(?!.*hush)/,
  ],
])('a dispatcher with the environment %j does not know enough', async (environment, message) => {
  const folder = await temporaryFolder({
    'config.yaml': 'name: x\nsteps_dir: steps',
    'steps/paint.ts': '',
  })
  const { status, stderr } = await said(['dispatcher', folder], { environment })

  expect(status).toBe(1)
  expect(stderr).toMatch(message)
})

test('a dispatcher without steps says so and is done', async () => {
  const folder = await temporaryFolder({ 'config.yaml': 'name: x' })
  const { status, stdout } = await said(['dispatcher', folder])

  expect(status).toBe(0)
  expect(stdout).toContain(
    '"msg":"No sync steps, no policies, and no event steps. Synchronizer exiting."',
  )
})
