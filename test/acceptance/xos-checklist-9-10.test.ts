// Lines 9 and 10 of the checklist in reference core-api.md 12.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asAdmin, basic } from '../core/grpc/xos-core.ts'
import { helloWorldModels } from '../support/store.ts'
import { named, openCoreOnSockets, type Answer, type CoreOnSockets, type Fields } from './faces.ts'

const models = `${helloWorldModels}
message Gauge (XOSBase) {
  required string name = 1 [max_length = 40];
  optional int32 level = 2;
  optional int64 wide = 3;
  optional float ratio = 4;
  optional bool is_open = 5;
  optional string note = 6 [max_length = 1024];
}
`

let core: CoreOnSockets
beforeAll(async () => {
  core = await openCoreOnSockets()
  await core.load(models, [], 'hello-world')
  await core.dialAgain()
  const user = { firstname: 'A', lastname: 'Reader', site_id: 1, email: 'reader@opencord.org' }
  await core.ask('xos.xos/CreateUser', { ...user, password: 'let me read' })
})
afterAll(() => core.close())

/** A database whose records are out of reach for as long as the work takes. */
const whileBroken = async <T>(work: () => Promise<T>): Promise<T> => {
  await core.database.query('alter table record rename to record_elsewhere')
  try {
    return await work()
  } finally {
    await core.database.query('alter table record_elsewhere rename to record')
  }
}

describe('9. gRPC tells what is wrong', () => {
  const asReader = { authorization: basic('reader@opencord.org', 'let me read') }
  const site = { name: 's', login_base: 's', abbreviated_name: 's' }

  test.each<[string, number, string, string, Fields, Fields]>([
    [
      'a broken rule of a model',
      3,
      'XOSValidationError',
      'CreateSlice',
      { name: 'a b', site_id: 1 },
      {},
    ],
    ['a record that is not there', 5, 'XOSNotFound', 'GetSlice', { id: 99_999 }, {}],
    [
      'feedback of somebody else',
      7,
      'XOSPermissionDenied',
      'UpdateSite',
      { id: 1, backend_code: 2 },
      {},
    ],
    ['a policy that says no', 7, 'XOSPermissionDenied', 'CreateSite', site, asReader],
    [
      'a wrong password',
      7,
      'XOSPermissionDenied',
      'ListSite',
      {},
      { authorization: basic('a@b.c', 'd') },
    ],
    [
      'a session that is none',
      7,
      'XOSPermissionDenied',
      'ListSite',
      {},
      { 'x-xossession': 'a'.repeat(32) },
    ],
    ['nobody', 16, 'XOSNotAuthenticated', 'ListSite', {}, {}],
  ])('as JSON: %s is status %i', async (_, code, error, method, message, metadata) => {
    const isAdmin = code !== 16 && Object.keys(metadata).length === 0
    const client = await core.dial(isAdmin ? asAdmin : {})
    const refusal = await client.refused(`xos.xos/${method}`, message, metadata)
    const details = JSON.parse(refusal.details) as Fields
    expect([refusal.code, details['error']]).toEqual([code, error])
    expect(Object.keys(details)).toEqual(['error', 'specific_error', 'fields'])
    expect(details['specific_error']).toMatch(/\w/)
    expect(details['fields']).toBeTypeOf('object')
  })

  test('as JSON: what is not there is named with its id', async () => {
    const { details } = await core.refused('xos.xos/GetSlice', { id: 99_999 })
    expect(JSON.parse(details)).toEqual({
      error: 'XOSNotFound',
      specific_error: 'object not found',
      fields: { id: 99_999, message: 'Slice matching query does not exist.' },
    })
  })

  const element = (name: string, sValue: string): Fields => ({ elements: [{ name, sValue }] })

  test.each<[string, string, Fields, RegExp]>([
    [
      'a blank field',
      'CreateSlice',
      { name: '', site_id: 1 },
      /\{'name': \['This field cannot be blank.'\]\}$/,
    ],
    [
      'a text that is too long',
      'CreateFlavor',
      { name: 'f'.repeat(99), flavor: 'x' },
      /\{'name': \['/,
    ],
    [
      'a choice that is none',
      'CreateInterfaceType',
      { name: 'i', direction: 'up' },
      /\{'direction': \['/,
    ],
    ['a link to nothing', 'CreateSlice', { name: 'dangling', site_id: 4711 }, /4711/],
    [
      'a name that is taken',
      'CreateSite',
      { name: 'mysite', login_base: 'm', abbreviated_name: 'm' },
      /\{'name': \['/,
    ],
    [
      'a delete of what is not there',
      'DeleteSlice',
      { id: 99_999 },
      /Slice matching query does not exist\.$/,
    ],
    ['a query for no field', 'FilterSlice', element('nonsense', 'x'), /nonsense/],
    ['a query with a wrong value', 'FilterSlice', element('max_instances', 'many'), /many/],
    [
      'populated instances of nothing',
      'GetPopulatedServiceInstances',
      { id: 99_999 },
      /does not exist/,
    ],
  ])('as the text of an exception: %s is status 2', async (_, method, message, text) => {
    const service = method.startsWith('GetPopulated') ? 'xos.utility' : 'xos.xos'
    const { code, details } = await core.refused(`${service}/${method}`, message)
    expect(code).toBe(2)
    expect(details).toMatch(/^Exception calling application: /)
    expect(details).toMatch(text)
  })

  test('and that a file is none behind another prefix, because files come as streams', async () => {
    const { client, method, metadata } = core.admin()
    const { path, requestSerialize, responseDeserialize } = method('xos.filetransfer/Download')
    const request = { uri: 'file:///etc/passwd' }
    const call = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata(),
    )
    const error = await new Promise<{ code: number; details: string }>((resolve) => {
      call.on('data', () => undefined)
      call.on('error', resolve)
    })
    expect(error.code).toBe(2)
    expect(error.details).toMatch(/^Exception iterating responses: /)
  })
})

describe('10. REST', () => {
  const gauges = 'hello-world/gauges'
  const make = async (fields: object): Promise<Fields> => {
    const answer = await core.rest('POST', gauges, { name: named('gauge'), ...fields })
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
    return answer.json()
  }

  test('leaves out nulls, shows what is set even if it is empty, and always sets and names', async () => {
    const bare = await make({})
    for (const name of ['level', 'wide', 'ratio', 'note', 'enacted', 'backend_handle']) {
      expect(bare).not.toHaveProperty(name)
    }
    expect(bare).toMatchObject({
      ...{ backend_code: 0, deleted: false, class_names: 'Gauge,XOSBase' },
      ...{ self_content_type_id: 'hello-world.gauge', updated: core.clock.now() / 1000 },
    })
    const zeros = { level: 0, ratio: 0, is_open: false, note: '' }
    expect(await make(zeros)).toMatchObject(zeros)
    const service = { name: named('service'), hello_from: 'me' }
    const { id } = (await core.rest('POST', 'hello-world/helloworldservices', service)).json()
    const read = (await core.rest('GET', `core/services/${String(id)}`)).json()
    expect(read).toMatchObject({ service_instances_ids: [], class_names: 'Service,XOSBase' })
  })

  test('has int64 as text, other numbers as numbers, enums by name', async () => {
    // The core takes no larger ones.
    const wide = String(Number.MAX_SAFE_INTEGER)
    const made = await make({ level: 2_147_483_647, wide, ratio: 0.5 })
    expect(made).toMatchObject({
      id: expect.any(Number) as number,
      level: 2_147_483_647,
      wide,
      ratio: 0.5,
    })
    const { items } = (await core.rest('GET', 'modeldefs', undefined, {})).json()
    const slice = (items as Fields[]).find(({ name }) => name === 'Slice')!
    const name = (slice['fields'] as Fields[]).find((field) => field['name'] === 'name')!
    expect(name['validators']).toContainEqual({ name: 'maxlength', int_value: '80' })
    expect((await core.rest('GET', 'dbinfo')).json()).toMatchObject({ status: 'OPERATIONAL' })
  })

  test('wraps lists, and answers 200 to writes and {} to deletes', async () => {
    const { id } = await make({})
    const list = (await core.rest('GET', gauges)).json()
    expect(Object.keys(list)).toEqual(['items'])
    expect((list['items'] as Fields[]).map((item) => item['id'])).toContain(id)
    const gone = await core.rest('DELETE', `${gauges}/${String(id)}`)
    expect([gone.status, gone.json()]).toEqual([200, {}])
  })

  test('takes names in camel case, numbers as text, null to clear, and the id from the path', async () => {
    const { id } = await make({ level: 1, note: 'x' })
    const changes = { id: 4711, isOpen: true, level: '5', note: null }
    const changed = (await core.rest('PUT', `${gauges}/${String(id)}`, changes)).json()
    expect(changed).toMatchObject({ id, is_open: true, level: 5 })
    expect(changed).not.toHaveProperty('note')
  })

  test('takes what gRPC has in metadata as headers', async () => {
    const { id, updated } = await make({ level: 1, note: 'x' })
    await core.clock.advance(1000)
    const headers = { ...asAdmin, update_fields: 'level', caller_kind: 'synchronizer' }
    const changed = await core.rest(
      'PUT',
      `${gauges}/${String(id)}`,
      { level: 2, note: 'y' },
      headers,
    )
    expect(changed.json()).toMatchObject({ level: 2, note: 'x', updated })
  })

  const login = async (username: string, password: string): Promise<Answer> =>
    core.rest('POST', 'utility/login', { username, password }, {})

  test('knows callers by Basic, and by the session of a login until its logout', async () => {
    const { sessionid } = (await login('reader@opencord.org', 'let me read')).json()
    const session = { 'x-xossession': String(sessionid) }
    const status = async (headers: Record<string, string>) =>
      (await core.rest('POST', 'utility/auth_noop', {}, headers)).status
    expect(await status(session)).toBe(200)
    expect(await status({ authorization: basic('reader@opencord.org', 'let me read') })).toBe(200)
    await core.rest('POST', 'utility/logout', {}, session)
    expect(await status(session)).not.toBe(200)
  })

  const readerHeaders = { authorization: basic('reader@opencord.org', 'let me read') }
  const unload = { name: 'hello-world', version: '2', cleanup_behavior: 'REQUIRE_CLEAN' }
  const mysite = { name: 'mysite', login_base: 'm', abbreviated_name: 'm' }

  test.each<[string, number, string, () => Promise<Answer>]>([
    ['nobody', 401, 'XOSNotAuthenticated', () => core.rest('GET', 'core/sites', undefined, {})],
    ['a wrong login', 401, 'XOSNotAuthenticated', () => login('reader@opencord.org', 'no')],
    [
      'a policy that says no',
      403,
      'XOSPermissionDenied',
      () => core.rest('POST', 'core/sites', { ...mysite, name: 'other' }, readerHeaders),
    ],
    ['no such record', 404, 'XOSNotFound', () => core.rest('GET', 'core/sites/99999')],
    ['no such model', 404, 'XOSNotFound', () => core.rest('GET', 'core/nonsenses')],
    [
      'a broken rule of a model',
      400,
      'XOSValidationError',
      () => core.rest('POST', 'core/slices', { name: 'a b', site_id: 1 }),
    ],
    [
      'a broken rule of a field, which XOS answers with 500',
      400,
      'XOSValidationError',
      () => core.rest('POST', gauges, { name: '' }),
    ],
    [
      'an unknown field, which XOS answers with 500',
      400,
      'XOSValidationError',
      () => core.rest('POST', gauges, { name: 'x', nonsense: 1 }),
    ],
    ['no body', 400, 'XOSValidationError', () => core.rest('POST', gauges, '')],
    [
      'records that stand in the way of unloading',
      409,
      'ERROR_LIVE_MODELS',
      () => core.rest('POST', 'dynamicload/unload_models', unload),
    ],
    [
      'a name that is taken, which XOS answers with 500',
      409,
      'XOSDuplicateKey',
      () => core.rest('POST', 'core/sites', mysite),
    ],
    [
      'a core that fails',
      500,
      'XOSProgrammingError',
      () => whileBroken(() => core.rest('GET', 'core/sites')),
    ],
  ])('answers %s with %i and JSON that says why', async (_, status, error, ask) => {
    await make({})
    const answer = await ask()
    const body = answer.json()
    expect([answer.status, body['error']]).toEqual([status, error])
    expect(Object.keys(body)).toEqual(['error', 'specific_error', 'fields'])
    expect(body['specific_error']).toMatch(/\w/)
    expect(body['specific_error']).not.toMatch(/record_elsewhere|relation/)
  })
})
