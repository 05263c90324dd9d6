import { Readable } from 'node:stream'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { said } from '../support/said.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { administrator, asAdministrator } from '../support/store.ts'
import { openCliCore } from './cli-core.ts'

let core: Awaited<ReturnType<typeof openCliCore>>

beforeAll(async () => {
  core = await openCliCore()
})
beforeEach(() => core.clear())
afterAll(() => core.close())

const service = 'HelloWorldService'
const instance = 'HelloWorldServiceInstance'

const add = async (name: string): Promise<number> => {
  const record = await asAdministrator(core.store).create(service, { name, hello_from: 'me' })
  return Number(record['id'])
}
const addInstance = async (owner: number): Promise<number> => {
  const values = { name: 'i', hello_to: 'you', owner_id: owner }
  return Number((await asAdministrator(core.store).create(instance, values))['id'])
}
const json = async (words: readonly string[]): Promise<unknown> => {
  const { stdout, stderr } = await core.run([...words, '-o', 'json'])
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

test('records are created, shown, changed and deleted', async () => {
  const created = await core.run(['create', 'helloworldservice', 'name=s', 'hello_from=the core'])
  expect(created.stdout).toMatch(/^Created HelloWorldService\/1, which is revision \d+ now\.\n$/)

  expect((await core.run(['get', 'HELLOWORLDSERVICE'])).stdout).toMatch(
    /^ID {2}NAME .*HELLO_FROM.*BACKEND_CODE {2}BACKEND_STATUS\n1 {3}s .*the core.*0 {13}Provisioning in progress\n$/,
  )
  expect(await json(['get', 'helloworldservices'])).toMatchObject([{ id: 1, name: 's' }])
  expect(await json(['get', 'HelloWorldService/s'])).toMatchObject({
    id: 1,
    hello_from: 'the core',
  })
  const yaml = await core.run(['get', 'HelloWorldService/1', '-o', 'yaml'])
  expect(parse(yaml.stdout)).toMatchObject({ id: 1, name: 's' })

  const changed = await core.run(['set', 'HelloWorldService/s', 'hello_from=a=b, c'])
  expect(changed.stdout).toMatch(/^Changed HelloWorldService\/1, /)
  expect(await json(['get', 'HelloWorldService/1'])).toMatchObject({ hello_from: 'a=b, c' })

  expect((await core.run(['delete', 'HelloWorldService/1'])).stdout).toBe(
    'Deleted HelloWorldService/1.\n',
  )
  expect((await core.run(['get', service])).stdout).toBe(
    'There are no records of HelloWorldService here.\n',
  )
})

test.each([
  ['name=a', ['a']],
  ['name!=a', ['b', 'c']],
  ['id>=2', ['b', 'c']],
  ['id>1,id<3', ['b']],
  ['name~=^[ab]$', ['a', 'b']],
  ['name[=c', ['c']],
])('the filter %s finds %j', async (filter, names) => {
  for (const name of ['a', 'b', 'c']) await add(name)

  const found = (await json(['get', service, '-f', filter])) as readonly { name: string }[]
  expect(found.map(({ name }) => name)).toEqual(names)
})

test('only records in a state are shown when that is asked for', async () => {
  await core.step(service, { kind: 'synced' })
  await add('synced')
  await core.step(service, { kind: 'synced' })
  const dirty = await add('dirty')
  await asAdministrator(core.store).remove(service, 1)

  expect(await json(['get', service, '--state', 'dirty'])).toMatchObject([{ id: dirty }])
  expect(await json(['get', service, '--state', 'deleted'])).toMatchObject([{ id: 1 }])
})

test('a change goes in only on top of the version that was seen', async () => {
  const id = await add('s')
  const { revision } = await core.store
    .as({ userId: 1, email: 'a', isAdmin: true })
    .get(service, id)

  const first = await core.run(['set', `${service}/1`, 'name=t', '--if-revision', String(revision)])
  expect(first.status).toBe(0)
  const second = await core.run(['set', `${service}/1`, 'name=u', '--if-revision', String(revision)]) // prettier-ignore
  expect(second.status).toBe(1)
  expect(second.stderr).toMatch(/was written by somebody else/)
})

test('a record is described with its links by name, why it is not synced, and its attempts', async () => {
  const owner = await add('greeter')
  await addInstance(owner)
  await core.step(service, { kind: 'failed', text: 'no\nroute', retry: true }, 60_000)

  const { stdout } = await core.run(['describe', `${service}/${owner}`])
  expect(stdout).toMatch(
    /^HelloWorldService\/1\nIts step failed once: no\nroute\. It is tried again/,
  )
  expect(stdout).toMatch(/\nFields:\n/)
  expect(stdout).toMatch(/\n {2}hello_from +me\n/)
  expect(stdout).toMatch(
    /\nLinks:\n {2}service_instances_ids {2}HelloWorldServiceInstance\/1 \(i\)\n/,
  )
  expect(stdout).toMatch(/\nAttempts:\n {2}NUMBER +AT .*\n {2}1 .*sync +failed +0 +no route\n$/)
  expect(await json(['describe', `${service}/${owner}`])).toMatchObject({
    record: { name: 'greeter' },
    links: [{ field: 'service_instances_ids', model: instance, id: 1, name: 'i' }],
    why: { reason: 'backing-off' },
    attempts: [{ number: 1, outcome: 'failed' }],
  })
})

test('why says in a sentence or as JSON why a record is not synced, and retry lets it run', async () => {
  const id = await addInstance(await add('greeter'))
  await core.step(service, { kind: 'failed', text: 'never', retry: false })

  expect((await core.run(['why', `${instance}/${id}`])).stdout).toBe(
    `${instance}/1: It waits for ${service} 1, which says: never.\n`,
  )
  expect(await json(['why', `${service}/1`])).toMatchObject({ reason: 'refused', synced: false })
  expect((await core.run(['why', service])).stdout).toMatch(/^RECORD .*\nHelloWorldService\/1 +greeter +refused +Its step refused it/) // prettier-ignore

  expect((await core.run(['retry', `${service}/greeter`])).stdout).toBe('1 record to run now.\n')
  await core.step(service, { kind: 'synced' })
  expect((await core.run(['why', service])).stdout).toBe(`All records of ${service} are in sync.\n`)
  expect((await core.run(['retry', service])).stdout).toMatch(/^Nothing to retry/)
})

test('release lets a deleted record go whose delete step fails, for a reason that the audit keeps', async () => {
  const id = await add('greeter')
  await core.step(service, { kind: 'synced' })
  const words = ['release', `${service}/${id}`, '--reason', 'burnt down']
  const early = await core.run(words)
  expect(early.status).toBe(1)
  expect(early.stderr).toMatch(`${service} ${id} is not deleted: delete it first`)

  await core.run(['delete', `${service}/${id}`])
  await core.step(service, { kind: 'failed', text: 'no route', retry: true }, 60_000)
  expect((await core.run(['describe', `${service}/${id}`])).stdout).toMatch(
    `If its backend is gone for good, syncstep release ${service}/${id} lets it go.`,
  )
  expect((await core.run(words)).stdout).toBe(`Released ${service}/${id}. It is gone.\n`)
  const entries = await core.store.audit(administrator, { model: service, id, limit: 3 })
  expect(entries.at(-1)).toMatchObject({ operation: 'released', reason: 'burnt down' })
})

test('only an administrator releases records', async () => {
  const id = await add('greeter')
  await core.step(service, { kind: 'synced' })
  await core.run(['delete', `${service}/${id}`])
  await asAdministrator(core.store).create('User', {
    email: 'eve@opencord.org',
    password: 'letmein',
    firstname: 'Eve',
    lastname: 'E',
    site_id: 1,
  })

  const words = ['release', `${service}/${id}`, '--reason', 'why not']
  const { status, stderr } = await core.run([...words, '--username', 'eve@opencord.org'])
  expect(status).toBe(1)
  expect(stderr).toMatch(/may not release records: only an administrator/)
})

test('resync lets a step run again although nothing changed', async () => {
  await add('s')
  await core.step(service, { kind: 'synced' })
  await core.clock.advance(1)

  expect((await core.run(['resync', `${service}/1`])).stdout).toBe(`${service}/1 is to be synced again.\n`) // prettier-ignore
  expect(await core.lease([service])).toHaveLength(1)
})

describe('apply', () => {
  const recipe = `
tosca_definitions_version: tosca_simple_yaml_1_0
imports: [custom_types/helloworldservice.yaml]
topology_template:
  node_templates:
    greeter:
      type: tosca.nodes.HelloWorldService
      properties: { name: greeter, hello_from: me }
`

  test('a recipe is carried out', async () => {
    const folder = await temporaryFolder({ 'recipe.yaml': recipe })
    const { stdout } = await core.run(['apply', '-f', path.join(folder, 'recipe.yaml')])

    expect(stdout).toBe('greeter applied\n')
    expect(await json(['get', `${service}/greeter`])).toMatchObject({ hello_from: 'me' })
  })

  test('records are created, and updated when they are there already', async () => {
    const folder = await temporaryFolder({
      'records.yaml': `- { model: ${service}, name: s, hello_from: one }\n---\nmodel: ${service}\nname: t\nhello_from: two\n`,
    })
    const words = ['apply', '-f', path.join(folder, 'records.yaml')]
    expect((await core.run(words)).stdout).toBe(`${service}/1 created\n${service}/2 created\n`)
    expect((await core.run(words)).stdout).toBe(`${service}/1 updated\n${service}/2 updated\n`)
  })

  test('a mistake in one record leaves nothing behind', async () => {
    const text = JSON.stringify([
      { model: service, name: 's', hello_from: 'one' },
      { model: service, name: 't' },
    ])
    const { status, stderr } = await said(['apply', '-f', '-'], {
      environment: core.environment,
      stdin: () => Readable.from([text]),
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(/hello_from/)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(await json(['get', service])).toEqual([])
  })
})

test.each([
  [
    ['get', 'HelloWorldServise'],
    2,
    'Unknown model "HelloWorldServise". Did you mean "HelloWorldService"?',
  ],
  [['get', `${service}/7`], 1, 'object not found\n  id: 7'],
  [['get', `${service}/nobody`], 1, `No record of ${service} is named "nobody".`],
  [['get', service, '-f', 'name'], 2, 'Expected a filter FIELD OPERATOR VALUE'],
  [['get', service, '-f', 'id=x'], 2, 'Expected id to be compared with a whole number, got "x".'],
  [['get', service, '--state', 'odd'], 2, 'Expected --state to be one of default, all'],
  [['get', service, '-o', 'xml'], 2, 'Expected --output to be table, json, yaml, got "xml".'],
  [['set', service, 'name=a'], 2, `Expected ${service}/ID: which record of ${service}?`],
  [['set', `${service}/1`, 'nam=a'], 2, `${service} has no field "nam". Did you mean "name"?`],
  [['set', `${service}/1`, 'id=one'], 2, 'Expected id to be a whole number, got "one".'],
  [['release', `${service}/1`], 2, 'Expected --reason TEXT: why the record goes without'],
  [['delete', service], 2, `Expected ${service}/ID, a --filter, or --all for every ${service}.`],
  [['apply'], 2, 'Expected -f FILE, or -f - for standard input.'],
  [['get', service, '--server', 'nowhere'], 2, 'Expected --server to be HOST:PORT, got "nowhere".'],
  [['get', service, '--server', '127.0.0.1:1'], 1, 'Cannot reach the core at 127.0.0.1:1.'],
] as const)('what cannot be done is said so: %j', async (words, expected, message) => {
  // prettier-ignore
  const { status, stdout, stderr } = await core.run(words)

  expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
  expect(stderr.startsWith(message)).toBe(true)
  expect(stderr).not.toMatch(/\n\s+at /)
})

test('a wrong password is refused without being told, and says which variables to set', async () => {
  const { status, stderr } = await core.run(['get', service], { SYNCSTEP_PASSWORD: 's3cr3t' })

  expect(status).toBe(1)
  expect(stderr).toMatch(/unknown user, wrong password/)
  expect(stderr).not.toMatch(/s3cr3t/)
})
