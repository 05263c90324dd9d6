import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildRest, buildTosca, createAuthenticator, traceGrpc, traceHttp } from '#core'
import { openTestStore, type TestStore } from '../../support/store.ts'
import { createRecordedTracer, traceparentOf } from '../../support/recorded-tracer.ts'
import { openXosCore, type XosCore } from '../grpc/xos-core.ts'

const authorization = `Basic ${btoa('admin@opencord.org:letmein')}`
const { tracer, spans } = createRecordedTracer()

let under: TestStore
let core: XosCore
let rest: ReturnType<typeof buildRest>
let tosca: ReturnType<typeof buildTosca>

beforeAll(async () => {
  under = await openTestStore()
  core = await openXosCore(under, [traceGrpc(tracer)])
  const { store, clock } = under
  const authenticator = createAuthenticator({ store, clock, randomBytes })
  const log = { error: () => undefined }
  rest = buildRest({ store, authenticator, log, clock })
  tosca = buildTosca({ store, authenticator, log })
  traceHttp(rest, 'rest', tracer)
  traceHttp(tosca, 'tosca', tracer)
})

afterAll(() => core.close())

/** What the site keeps of the trace of its last write. */
const traceOf = async (name: string): Promise<unknown> => {
  const [row] = await under.database.query<{ traces: string | null }>(
    `select traces from record where root = 'Site' and fields ->> 'name' = $1`,
    [name],
  )
  return row?.traces
}

const site = (name: string) => ({ name, login_base: name, abbreviated_name: name, site_url: '' })

test('a write over REST is a span below that of its client, and the record keeps its trace', async () => {
  const reply = await rest.inject({
    method: 'POST',
    url: '/xosapi/v1/core/sites',
    headers: { authorization, traceparent: traceparentOf(1) },
    payload: site('one'),
  })

  expect(reply.statusCode).toBe(200)
  expect(spans.splice(0)).toMatchObject([
    {
      kind: 'server',
      name: expect.stringMatching(/^POST \/xosapi\/v1\//) as string,
      parent: traceparentOf(1),
      ended: { 'http.response.status_code': 200 },
      failure: undefined,
    },
  ])
  expect(await traceOf('one')).toBe(traceparentOf(5))
})

test('what only reads is no span, and neither is what nobody answers', async () => {
  await rest.inject({ url: '/xosapi/v1/core/sites', headers: { authorization } })
  await rest.inject({ method: 'POST', url: '/nowhere', headers: { authorization } })
  await (await core.dial()).ask('xos.xos/GetSite', { id: 1 })

  expect(spans).toEqual([])
})

test('a recipe is a span, also when it is refused', async () => {
  await tosca.inject({
    method: 'POST',
    url: '/run',
    headers: { 'xos-username': 'admin@opencord.org', 'xos-password': 'letmein' },
    payload: 'nonsense',
  })

  expect(spans.splice(0)).toMatchObject([
    { name: 'POST /run', parent: undefined, ended: { 'http.response.status_code': 400 } },
  ])
})

test('a write over gRPC is a span below that of its client, and the record keeps its trace', async () => {
  const client = await core.dial({ authorization, traceparent: traceparentOf(2) })
  await client.ask('xos.xos/CreateSite', site('two'))

  const [span, ...others] = spans.splice(0)
  expect(others).toEqual([])
  expect(span).toMatchObject({
    kind: 'server',
    name: 'xos.xos/CreateSite',
    parent: traceparentOf(2),
    ended: { 'rpc.grpc.status_code': 0 },
    failure: undefined,
  })
  expect(await traceOf('two')).toMatch(/^00-(\d)\1{31}-/)
})
