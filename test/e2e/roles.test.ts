import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../emulator/free-port.ts'
import { root } from '../support/syncstep-command.ts'
import { until } from '../support/until.ts'
import { copyTutorial, runProgram, type Instance, type Program } from './program.ts'

const password = 'a password of its own'
const token = 'known-to-both-ends'
const authorization = `Basic ${btoa(`admin@opencord.org:${password}`)}`

const [servicePort, instancePort, healthPort] = await Promise.all(
  [1, 2, 3].map(() => freePort('127.0.0.1')),
)
const tutorial = await copyTutorial(`
functions:
  hello-world-service: { url: 'http://127.0.0.1:${servicePort}/' }
  hello-world-service-instance: { url: 'http://127.0.0.1:${instancePort}/' }
`)
afterAll(() => tutorial.remove())

const run = (words: readonly string[], environment: Readonly<Record<string, string>>): Program => {
  const program = runProgram(words, environment)
  onTestFinished(async () => {
    program.kill('SIGKILL')
    await program.exit
  })
  return program
}

const entryOf = async (program: Program, message: string): Promise<Instance> =>
  JSON.parse(await program.said(new RegExp(`"msg":"${message}"`))) as Instance

const runFunction = (step: string, port: number | undefined): Program =>
  run(['function', path.join(tutorial.project, `steps/${step}.ts`)], {
    PORT: String(port),
    SYNCSTEP_HOST: '127.0.0.1',
    SYNCSTEP_FUNCTION_TOKEN: token,
  })

test('core, dispatcher and functions do as processes of their own what dev does in one', async () => {
  const ports = ['rest', 'tosca', 'grpc', 'grpc-tls', 'health'].flatMap((face) => [
    `--${face}-port`,
    '0',
  ])
  const core = run(['core', '--data', 'memory', ...ports], { SYNCSTEP_ADMIN_PASSWORD: password })
  const at = await entryOf(core, 'Core is ready')
  const first = runFunction('hello-world-service', servicePort)
  const runDispatcher = (): Program =>
    run(['dispatcher', tutorial.project], {
      SYNCSTEP_CORE_ENDPOINT: `127.0.0.1:${String(at['grpc'])}`,
      SYNCSTEP_PASSWORD: password,
      SYNCSTEP_FUNCTION_TOKEN: token,
      SYNCSTEP_HEALTH_PORT: String(healthPort),
      SYNCSTEP_HOST: '127.0.0.1',
    })
  const dispatcher = runDispatcher()
  const health = (at: string): Promise<Response> => fetch(`http://127.0.0.1:${healthPort}${at}`)
  const readyz = async (): Promise<number> => (await health('/readyz')).status
  await until('the dispatcher to be ready', async () => (await readyz()) === 200)

  const recipe = await readFile(path.join(root, 'functions/hello-world/samples/hello-world.yaml'))
  const created = await fetch(`http://127.0.0.1:${String(at['tosca'])}/run`, {
    method: 'POST',
    headers: { 'xos-username': 'admin@opencord.org', 'xos-password': password },
    body: recipe,
  })
  expect(created.status).toBe(200)
  const status = async (collection: string): Promise<unknown> => {
    const url = `http://127.0.0.1:${String(at['rest'])}/xosapi/v1/hello-world/${collection}/1`
    const response = await fetch(url, { headers: { authorization } })
    return ((await response.json()) as Instance)['backend_status']
  }
  await until('the service', async () => (await status('helloworldservices')) === 'OK')
  expect(await status('helloworldserviceinstances')).not.toBe('OK')

  const second = runFunction('hello-world-service-instance', instancePort)
  await until('the instance', async () => (await status('helloworldserviceinstances')) === 'OK')
  await second.said(/Jhon Snow is saying hello to Daenerys Targaryen/)
  const metrics = await (await health('/metrics')).text()
  expect(metrics).toMatch(/^syncstep_dispatcher_attempts_total\{model="HelloWorldService",step="hello-world-service",outcome="synced"\} 1$/m) // prettier-ignore
  expect(metrics).toMatch(/^syncstep_dispatcher_change_to_synced_seconds_count\{model="HelloWorldServiceInstance"\} 1$/m) // prettier-ignore
  expect(metrics).toMatch(/^process_resident_memory_bytes \d+$/m)

  const end = async (program: Program): Promise<void> => {
    program.kill('SIGTERM')
    expect(await program.exit).toBe(0)
  }
  await end(dispatcher)

  // The core is one of XOS to who asks for no leases.
  const config = path.join(tutorial.project, 'config.yaml')
  const text = await readFile(config, 'utf8')
  await writeFile(config, text.replace('accessor:', 'accessor:\n  kind: xos'))
  onTestFinished(() => writeFile(config, text))
  const url = `http://127.0.0.1:${String(at['rest'])}/xosapi/v1/hello-world/helloworldserviceinstances/1`
  await fetch(url, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ hello_to: 'Arya Stark' }),
  })
  const alone = runDispatcher()
  await alone.said(/A core of XOS: no other dispatcher may do this work/)
  await second.said(/Jhon Snow is saying hello to Arya Stark/)
  for (const program of [alone, first, second, core]) await end(program)
})

test('a dispatcher with a wrong password says so and ends', async () => {
  const core = run(['core', '--data', tutorial.data, '--development', '--rest-port', '0', '--tosca-port', '0', '--grpc-port', '0', '--grpc-tls-port', '0', '--health-port', '0'], {}) // prettier-ignore
  const at = await entryOf(core, 'Core is ready')
  const dispatcher = run(['dispatcher', tutorial.project], {
    SYNCSTEP_CORE_ENDPOINT: `127.0.0.1:${String(at['grpc'])}`,
    SYNCSTEP_PASSWORD: 'wrong',
    SYNCSTEP_HEALTH_PORT: '0',
  })

  expect(await dispatcher.exit).toBe(1)
  expect(dispatcher.stderr()).toMatch(/^[^\n]*(authenticate|password)[^\n]*\n$/)
})
