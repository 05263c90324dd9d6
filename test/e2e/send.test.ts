import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../support/syncstep-command.ts'
import { until } from '../support/until.ts'
import { copyTutorial, runProgram, startDev, type Running } from './program.ts'

const recipe = await readFile(
  path.join(root, 'functions/hello-world/samples/hello-world.yaml'),
  'utf8',
)

const [service, instance] = ['hello-world-service', 'hello-world-service-instance']

let tutorial: Awaited<ReturnType<typeof copyTutorial>>
let running: Running
let calls: string

beforeAll(async () => {
  tutorial = await copyTutorial('')
  calls = path.join(path.dirname(tutorial.project), 'calls.jsonl')
  running = await startDev(tutorial.project, tutorial.data, {}, ['--record', calls])
})

afterAll(async () => {
  running.kill('SIGKILL')
  await running.exit
  await tutorial.remove()
})

/** Runs a command beside the synchronizer. */
const run = async (...words: readonly string[]) => {
  const program = runProgram([...words, '--project', tutorial.project])
  const status = await program.exit
  return { status, stdout: program.lines.join('\n'), stderr: program.stderr() }
}

test('a step of a running dev is sent a made-up record by its name alone', async () => {
  const { status, stdout } = await run('send', service)

  expect(status).toBe(0)
  expect(stdout).toMatch(/^sync HelloWorldService\/1 at http:/)
  expect(stdout).toMatch(/\noutcome +synced\n/)
  await running.said(/HelloWorldService has been updated!.*hello_from="?hello_from-/)
})

test('a record of its core is sent with what the step includes', async () => {
  await running.recipe(recipe)
  await until('the instance to be synced', async () => {
    const { body } = await running.rest('GET', 'hello-world/helloworldserviceinstances/1')
    return body['backend_code'] === 1
  })
  const before = running.count('is saying hello to')
  const { status, stdout } = await run('send', instance, '--record', 'HelloWorldServiceInstance/1')

  expect(status).toBe(0)
  expect(stdout).toMatch(/^sync HelloWorldServiceInstance\/1 at/)
  await until('the step to greet', () => running.count('is saying hello to') > before)
})

test('calls that dev recorded are answered the same again', async () => {
  const { status, stdout } = await run('replay', calls, '--against', instance)

  expect(status).toBe(0)
  expect(stdout).toMatch(
    /^\d+ calls replayed: 0 answered otherwise, \d+ the same\. \d+ calls? of other models left out\.$/,
  )
})

test('once it has ended nobody finds it', async () => {
  running.kill('SIGTERM')
  expect(await running.exit).toBe(0)
  expect(running.lines.join('\n')).toMatch(/Recorded \d+ calls of \d+ records/)

  const { status, stderr } = await run('send', service)
  expect(status).toBe(1)
  expect(stderr).toMatch(/^Where does the step hello-world-service run\?/)
})
