import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startReceiver, type Receiver, type ShownSpan } from '../support/otlp-receiver.ts'
import { root } from '../support/syncstep-command.ts'
import { until } from '../support/until.ts'
import {
  copyTutorial,
  isRunning,
  runProgram,
  startDev,
  type Instance,
  type Running,
} from './program.ts'

const services = 'hello-world/helloworldservices'
const instances = 'hello-world/helloworldserviceinstances'
const recipe = await readFile(
  path.join(root, 'functions/hello-world/samples/hello-world.yaml'),
  'utf8',
)

/** As the tutorial has it, but for times a test can wait for. */
const quick = `
deferred_delay: 100ms
functions:
  hello-world-service-instance: { retry: { first: 50ms } }
`

const itemsOf = ({ body }: { readonly body: Instance }): readonly Instance[] =>
  body['items'] as readonly Instance[]

const status = (record: Instance | undefined) => [
  record?.['backend_code'],
  record?.['backend_status'],
]

/** How often a step was called for a record, by what the step says first. */
const calls = (running: Running, model: string): number =>
  running.count(`${model} has been updated!`)

const statusBecomes = (running: Running, code: number, text: RegExp) =>
  until(`status ${code} ${String(text)}`, async () => {
    const { body } = await running.rest('GET', `${instances}/1`)
    return body['backend_code'] === code && text.test(String(body['backend_status'])) && body
  })

let tutorial: Awaited<ReturnType<typeof copyTutorial>>
let running: Running
let receiver: Receiver

const stepPids = (): readonly number[] =>
  ['hello-world-service', 'hello-world-service-instance'].map((step) => running.stepPid(step))

const sayHelloTo = async (name: string): Promise<void> => {
  const reply = await running.rest('PUT', `${instances}/1`, { hello_to: name })
  expect(reply.status).toBe(200)
}

beforeAll(async () => {
  tutorial = await copyTutorial(quick)
  receiver = await startReceiver()
  running = await startDev(tutorial.project, tutorial.data, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
  })
})

afterAll(async () => {
  running.kill('SIGKILL')
  await running.exit
  await receiver.close()
  await tutorial.remove()
})

test('it tells what it loads, in the words of the original', async () => {
  const said = ['Service version is', 'required_models, found:', 'Loading sync steps', 'Loaded sync steps'] // prettier-ignore
  const places = said.map((text) => running.lines.findIndex((line) => line.includes(text)))

  expect(places.every((place) => place >= 0)).toBe(true)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(running.lines[places[3] ?? -1]).toContain(
    'steps=["hello-world-service","hello-world-service-instance"]',
  )
})

test('a recipe with a mistake is refused whole', async () => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    [recipe.replace('hello_to:', 'hello_too:'), /hello_too/],
    [recipe.replace('tosca.nodes.HelloWorldServiceInstance', 'tosca.nodes.Nothing'), /Nothing/],
    [recipe.replace('    service:\n', '   service: [\n'), /line|:\d+:\d+/],
  ]
  for (const [text, message] of mistakes) {
    const reply = await running.recipe(text)
    expect(reply).toMatchObject({ status: 400, text: expect.stringMatching(message) as string })
  }
  expect(itemsOf(await running.rest('GET', services))).toEqual([])
})

test.each<[string, Readonly<Record<string, string>>]>([
  ['wrong', { 'xos-username': 'admin@opencord.org', 'xos-password': 'wrong' }],
  ['no', {}],
])('a recipe with %s credentials is refused', async (_which, headers) => {
  expect(await running.recipe(recipe, headers)).toMatchObject({ status: 401 })
})

test('the recipe creates the records, and each is synced by its own function', async () => {
  expect(await running.recipe(recipe)).toMatchObject({
    status: 200,
    text: "Created models: ['service', 'serviceinstance', 'constraints']",
  })

  await statusBecomes(running, 1, /^OK$/)
  expect(itemsOf(await running.rest('GET', services)).map(status)).toEqual([[1, 'OK']])
  await running.said(/Jhon Snow is saying hello to Daenerys Targaryen/)
  const [first = '', ...more] = running.lines.filter((line) => line.includes('has been updated!'))
  expect(first).toContain('HelloWorldService has been updated!')
  expect(more).toHaveLength(1)
})

test('a trace leads from the write to the call of its function, and on to the report', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const reply = await running.rest(
    'PUT',
    `${services}/1`,
    {},
    { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  )
  expect(reply.status).toBe(200)
  const shown = (what: string, fits: (one: ShownSpan) => boolean) =>
    until(what, async () => receiver.spans.find(fits))
  const isOf = (kind: number) => (one: ShownSpan) => one.traceId === traceId && one.kind === kind
  const isLinked = (name: string) => (one: ShownSpan) =>
    one.name === name && one.links.some((link) => link.traceId === traceId)

  const write = await shown('the write', isOf(2))
  const call = await shown('the call', isOf(3))
  const lease = await shown('the lease', isLinked('lease'))
  const report = await shown('the report', isLinked('report'))

  expect(write).toMatchObject({
    parentSpanId: '00f067aa0ba902b7',
    resource: { 'service.name': 'syncstep', 'deployment.environment': 'test' },
    attributes: { 'http.request.method': 'PUT', 'syncstep.face': 'rest' },
  })
  expect(call).toMatchObject({
    name: 'POST hello-world-service',
    parentSpanId: write.spanId,
    attributes: {
      'syncstep.outcome': 'synced',
      'cloudevents.event_subject': 'HelloWorldService/1',
    },
  })
  expect(lease.links.map(({ spanId }) => spanId)).toEqual([write.spanId])
  expect(report.links.map(({ spanId }) => spanId)).toEqual([call.spanId])
  expect(JSON.stringify(receiver.spans)).not.toContain('Jhon Snow')
})

test('its health port serves the metrics of the core and, below them, those of the dispatcher', async () => {
  const [url = ''] = /http:\S+(?=\/readyz)/.exec(running.lines.join('\n')) ?? []
  const metrics = await (await fetch(`${url}/metrics`)).text()

  expect(metrics).toMatch(/^syncstep_leases_total\{model="HelloWorldService"\} \d+\n[^]*^syncstep_dispatcher_attempts_total\{model="HelloWorldService",step="hello-world-service",outcome="synced"\} \d+$/m) // prettier-ignore
})

test('a change that changes nothing calls the function once', async () => {
  const before = calls(running, 'HelloWorldServiceInstance')
  const synced = running.count('Synced object')
  await sayHelloTo('Daenerys Targaryen')
  await until('the call', () => running.count('Synced object') > synced)
  await statusBecomes(running, 1, /^OK$/)

  expect(calls(running, 'HelloWorldServiceInstance')).toBe(before + 1)
})

test('a deferred record is called again and again, and shows why', async () => {
  await sayHelloTo('Tyrion Lannister')
  const before = calls(running, 'HelloWorldServiceInstance')
  await statusBecomes(running, 0, /Maybe later$/)
  await until('more calls', () => calls(running, 'HelloWorldServiceInstance') >= before + 3)

  await statusBecomes(running, 0, /Maybe later$/)
})

test('a failed record shows why, and each failure counts for the next delay', async () => {
  await sayHelloTo('Joffrey Baratheon')
  await statusBecomes(running, 2, /Maybe not$/)

  const { body } = await until('three failures', async () => {
    const reply = await running.rest('GET', `${instances}/1`)
    const register = JSON.parse(String(reply.body['backend_register'])) as Instance
    return Number(register['exponent']) >= 3 && reply
  })
  expect(body['backend_code']).toBe(2)
  expect(running.count('sync step failed!')).toBeGreaterThanOrEqual(3)
})

test('once it can be done, it is done at once', async () => {
  await sayHelloTo('Daenerys Targaryen')

  await statusBecomes(running, 1, /^OK$/)
})

test('a step whose file changes is served anew, and is called as it is now', async () => {
  const step = 'hello-world-service-instance'
  const file = path.join(tutorial.project, `steps/${step}.ts`)
  const text = await readFile(file, 'utf8')
  const before = running.stepPid(step)
  await writeFile(file, text.replace('is saying hello to', 'is waving to'))
  await until('the new process', () => running.stepPid(step) !== before)
  await sayHelloTo('Arya Stark')

  await running.said(/Jhon Snow is waving to Arya Stark/)
  await statusBecomes(running, 1, /^OK$/)
  await until('the process before to end', () => !isRunning(before))
})

test('a step that only begins its work completes the call later, and is called once for it', async () => {
  const step = 'hello-world-service-instance'
  const file = path.join(tutorial.project, `steps/${step}.ts`)
  const text = await readFile(file, 'utf8')
  const before = running.stepPid(step)
  const begun = `
    if (o.hello_to === 'Hodor') {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"status":"synced"}' }
      setTimeout(() => void fetch(String(completionUrl), init), 300)
      throw new InProgressException('Holding the door')
    }`
  await writeFile(
    file,
    text
      .replace('{ DeferredException }', '{ DeferredException, InProgressException }')
      .replace('sync_record(o, { log }', 'sync_record(o, { log, completionUrl }')
      .replace("    if (o.hello_to === 'Tyrion", `${begun}\n    if (o.hello_to === 'Tyrion`),
  )
  await until('the new process', () => running.stepPid(step) !== before)
  const calledBefore = calls(running, 'HelloWorldServiceInstance')
  await sayHelloTo('Hodor')

  await statusBecomes(running, 0, /Holding the door$/)
  await statusBecomes(running, 1, /^OK$/)
  expect(calls(running, 'HelloWorldServiceInstance')).toBe(calledBefore + 1)
  expect(running.count('/completions/')).toBe(0)
})

test("a step's process that is killed comes back, and nothing is lost", async () => {
  const step = 'hello-world-service-instance'
  const servicesBefore = calls(running, 'HelloWorldService')
  const before = running.stepPid(step)
  const change = running.rest('PUT', `${instances}/1`, { hello_to: 'Sansa Stark' })
  process.kill(before, 'SIGKILL')
  await change
  await sayHelloTo('Bran Stark')

  await running.said(/is waving to Bran Stark/)
  await statusBecomes(running, 1, /^OK$/)
  expect(running.stepPid(step)).not.toBe(before)
  expect(calls(running, 'HelloWorldService')).toBe(servicesBefore)
})

test.each<[string, number, RegExp, RequestInit]>([
  ['wrong credentials', 401, /./, { headers: { authorization: `Basic ${btoa('a@b:c')}` } }],
  ['no credentials', 401, /./, {}],
])('REST with %s answers %i', async (_what, expected, message, init) => {
  const reply = await running.restRaw(instances, init)

  expect(reply).toMatchObject({
    status: expected,
    text: expect.stringMatching(message) as string,
  })
})

test.each<[string, number, RegExp, unknown]>([
  ['a body that is not JSON', 400, /JSON/, '{"hello_to":'],
  ['an unknown field', 400, /hello_too.*hello_to/, '{"hello_too":"x"}'],
  ['a body of 100 MB', 413, /bytes/, `{"hello_to":"${'x'.repeat(100 * 1024 * 1024)}"}`],
])('REST with %s answers %i and writes nothing', async (_what, expected, message, body) => {
  const before = await running.rest('GET', `${instances}/1`)
  const authorization = `Basic ${btoa('admin@opencord.org:letmein')}`
  const reply = await running.restRaw(`${instances}/1`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body: String(body),
  })

  expect(reply).toMatchObject({
    status: expected,
    text: expect.stringMatching(message) as string,
  })
  expect(await running.rest('GET', `${instances}/1`)).toEqual(before)
})

test('a data folder has one program at a time', async () => {
  const second = runProgram(['dev', tutorial.project, '--data', tutorial.data])

  expect(await second.exit).toBe(1)
  expect(second.stderr()).toBe(
    `The data folder ${tutorial.data} is in use by process ${running.pid}. ` +
      'Stop it, or choose another folder with --data.\n',
  )
})

test('when the whole program is killed, its steps end, and the next one goes on where it was', async () => {
  await sayHelloTo('Tyrion Lannister')
  await statusBecomes(running, 0, /Maybe later$/)
  const steps = stepPids()
  running.kill('SIGKILL')
  await running.exit
  await until('the end of its steps', () => !steps.some(isRunning))

  running = await startDev(tutorial.project, tutorial.data)
  await running.said(/sync step deferred/)
  await statusBecomes(running, 0, /Maybe later$/)

  // Killed while the change is on its way, or just after.
  await sayHelloTo('Jon Snow')
  running.kill('SIGKILL')
  await running.exit
  running = await startDev(tutorial.project, tutorial.data)
  expect(await statusBecomes(running, 1, /^OK$/)).toMatchObject({ hello_to: 'Jon Snow' })
  expect(calls(running, 'HelloWorldService')).toBe(0)
})

test('what is deleted is deleted by its function, and then gone', async () => {
  expect(await running.rest('DELETE', `${instances}/1`)).toMatchObject({ status: 200 })

  await running.said(/HelloWorldServiceInstance has been deleted!/)
  await until('404', async () => {
    const { status } = await running.rest('GET', `${instances}/1`)
    return status === 404
  })
})

test('Ctrl-C ends everything within five seconds', async () => {
  const steps = stepPids()
  const from = Date.now()
  running.kill('SIGINT')

  expect(await running.exit).toBe(0)
  expect(Date.now() - from).toBeLessThan(5_000)
  expect(steps.filter(isRunning)).toEqual([])
})

test('after a stop nothing is called for records that did not change', async () => {
  running = await startDev(tutorial.project, tutorial.data)
  expect(itemsOf(await running.rest('GET', services)).map(status)).toEqual([[1, 'OK']])
  expect(await running.recipe(recipe)).toMatchObject({ status: 200 })
  await running.said(/is waving to Daenerys Targaryen/)

  // The recipe writes the service again, so it is called once for that and not for its past.
  expect(calls(running, 'HelloWorldService')).toBe(1)
})
