import { Writable, type Readable } from 'node:stream'
import type { ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  basic,
  openXosCore,
  refusalOf,
  type Refusal,
  type XosClient,
  type XosCore,
} from './xos-core.ts'

let core: XosCore
let anybody: XosClient
let admin: XosClient
beforeAll(async () => {
  core = await openXosCore()
  anybody = await core.dial({})
  admin = await core.dial()
})
afterAll(() => core.close())

/** What answers whoever asks (reference core-api.md 1.9), besides GetSchema and reflection. */
const open = [
  'xos.utility/Login',
  'xos.utility/Logout',
  'xos.utility/NoOp',
  'xos.utility/GetXproto',
  'xos.utility/GetVersion',
  'xos.utility/GetDatabaseInfo',
  'xos.modeldefs/ListModelDefs',
]

const services = ['xos.xos', 'xos.dynamicload', 'xos.utility', 'xos.modeldefs', 'xos.filetransfer']

const methodsOf = (client: XosClient): readonly string[] =>
  services.flatMap((service) =>
    Object.keys(client.definition[service]!).map((method) => `${service}/${method}`),
  )

/** How a call of any kind ends that sends one empty message. */
const endOf = (client: XosClient, name: string): Promise<Refusal> =>
  new Promise((resolve) => {
    const { path, requestSerialize, responseDeserialize, requestStream } = client.method(name)
    const { client: raw } = client
    const call: Readable = requestStream
      ? raw.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, client.metadata())
      : raw.makeServerStreamRequest(
          path,
          requestSerialize,
          responseDeserialize,
          {},
          client.metadata(),
        )
    let refusal: Refusal = { code: 0, details: '', errorCode: undefined }
    call.on('data', () => undefined)
    call.on('error', (error: ServiceError) => (refusal = refusalOf(error)))
    call.on('close', () => {
      resolve(refusal)
    })
    call.on('end', () => {
      resolve(refusal)
    })
    if (call instanceof Writable) call.end({})
  })

test('every method but the open ones asks for credentials, before it looks at the request', async () => {
  const refused: string[] = []
  const methods = methodsOf(anybody)
  for (const name of methods) {
    const { code, details, errorCode } = await endOf(anybody, name)
    if (errorCode !== 'NOT_AUTHENTICATED') continue
    refused.push(name)
    // Logging in without a name is refused in the same words as everything else.
    expect({ code, error: JSON.parse(details) as unknown }).toMatchObject({
      code: 16,
      error: { error: 'XOSNotAuthenticated', fields: {} },
    })
  }
  expect(methods.filter((name) => !refused.includes(name))).toEqual(
    methods.filter((name) => open.includes(name) && name !== 'xos.utility/Login'),
  )
  expect(methods.length).toBeGreaterThan(6 * 30)
})

test.each(open.slice(1))('%s answers whoever asks', async (name) => {
  await expect(anybody.ask(name)).resolves.toBeDefined()
})

test.each([
  ['a wrong password', { authorization: basic('admin@opencord.org', 'hunter2') }, 7],
  ['an unknown user', { authorization: basic('nobody@opencord.org', 'letmein') }, 7],
  ['a session that is none', { 'x-xossession': 'a'.repeat(32) }, 7],
  ['a scheme that is not known', { authorization: 'Digest abc' }, 16],
])('%s is refused, and nothing of it is repeated', async (_, metadata, code) => {
  const { code: got, details } = await anybody.refused(
    'xos.utility/AuthenticatedNoOp',
    {},
    metadata,
  )
  expect(got).toBe(code)
  expect(details).not.toMatch(/hunter2|letmein|nobody|aaaa|abc/)
})

test('the first credential that can be one decides', async () => {
  const ask = (metadata: Record<string, string>) =>
    anybody.ask('xos.utility/AuthenticatedNoOp', {}, metadata)
  const right = basic('admin@opencord.org', 'letmein')
  const { reply } = await anybody.ask('xos.utility/Login', {
    username: 'admin@opencord.org',
    password: 'letmein',
  })
  const session = String(reply['sessionid'])
  expect(session).toMatch(/^[a-z0-9]{32}$/)

  await expect(ask({ 'x-xossession': session })).resolves.toBeDefined()
  await expect(ask({ authorization: 'Digest x', 'x-xossession': session })).resolves.toBeDefined()
  await expect(ask({ authorization: right, 'x-xossession': 'bad' })).resolves.toBeDefined()
  await expect(ask({ 'x-xossession': 'bad', authorization: right })).rejects.toThrow('session')

  await anybody.ask('xos.utility/Logout', {}, { 'x-xossession': session })
  await expect(ask({ 'x-xossession': session })).rejects.toMatchObject({ code: 7 })
})

test.each([
  ['', 'No username'],
  ['nobody@opencord.org', 'Failed to authenticate'],
])('a login as %j fails in the words of XOS', async (username, text) => {
  const refusal = await anybody.refused('xos.utility/Login', { username, password: 'x' })
  expect(refusal.code).toBe(16)
  expect(JSON.parse(refusal.details)).toMatchObject({ error: 'XOSNotAuthenticated' })
  expect(refusal.details).toContain(text)
})

test('failures are counted by the address they come from', async () => {
  const wrong = { authorization: basic('stranger@opencord.org', 'wrong') }
  const codes = []
  for (let time = 0; time < 12; time += 1) {
    const { errorCode } = await anybody.refused('xos.utility/AuthenticatedNoOp', {}, wrong)
    codes.push(errorCode)
  }
  expect(codes.at(0)).toBe('PERMISSION_DENIED')
  expect(codes.at(-1)).toBe('TOO_MANY_REQUESTS')
  await core.clock.advance(60_000)
})

test('files are for administrators only', async () => {
  await admin.ask('xos.xos/CreateUser', {
    email: 'reader@opencord.org',
    password: 'let me in too',
    firstname: 'A',
    lastname: 'Reader',
    site_id: 1,
  })
  const reader = await core.dial({ authorization: basic('reader@opencord.org', 'let me in too') })
  for (const name of ['xos.filetransfer/Download', 'xos.filetransfer/Upload']) {
    expect(await endOf(reader, name)).toMatchObject({ code: 7, errorCode: 'PERMISSION_DENIED' })
  }
})
