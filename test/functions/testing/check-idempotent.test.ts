import { expect, test } from 'vitest'
import { DeferredException, type Step } from '#functions'
import {
  BackendCut,
  checkIdempotent,
  recordBackend,
  type IdempotencyCheck,
} from '../../../functions/sdk/testing.ts'

/** Databases with their owners, as a server keeps them: what is there already cannot be made again. */
class FakeServer {
  readonly databases = new Map<string, { readonly owner: string }>()
  readonly roles = new Set<string>()
  made = 0

  async createRole(name: string): Promise<void> {
    if (this.roles.has(name)) throw new Error(`role ${name} exists`)
    this.roles.add(name)
  }

  async createDatabase(name: string, owner: string): Promise<number> {
    if (!this.roles.has(owner)) throw new Error(`there is no role ${owner}`)
    if (this.databases.has(name)) throw new Error(`database ${name} exists`)
    this.databases.set(name, { owner })
    this.made += 1
    return this.made
  }

  async hasRole(name: string): Promise<boolean> {
    return this.roles.has(name)
  }

  async drop(name: string): Promise<void> {
    this.databases.delete(name)
  }
}

type Sync = (server: FakeServer) => ReturnType<Step['sync_record']>

const checkOf = (
  sync: Sync,
  more: Partial<IdempotencyCheck<FakeServer>> = {},
): IdempotencyCheck<FakeServer> => ({
  backend: () => new FakeServer(),
  step: (server) => ({
    observes: 'Database',
    sync_record: () => sync(server),
    delete_record: () => server.drop('shop'),
  }),
  state: ({ databases, roles }) => ({ databases, roles: [...roles] }),
  record: { name: 'shop' },
  ...more,
})

const careful: Sync = async (server) => {
  if (!(await server.hasRole('shop'))) await server.createRole('shop')
  if (!server.databases.has('shop')) await server.createDatabase('shop', 'shop')
}

test('a step that looks before it makes passes, and its calls are answered', async () => {
  expect(await checkIdempotent(checkOf(careful))).toEqual([
    { method: 'hasRole', parameters: ['shop'] },
    { method: 'createRole', parameters: ['shop'] },
    { method: 'createDatabase', parameters: ['shop', 'shop'] },
  ])
})

test('a step that makes without looking fails on the second call', async () => {
  const careless: Sync = (server) => server.createRole('shop')

  await expect(checkIdempotent(checkOf(careless))).rejects.toThrow(
    [
      'Expected calls of the step to be repeatable. Undisturbed it calls createRole.',
      '  Called again, it failed: role shop exists',
      '  After a crash at call 1, createRole, it failed: role shop exists',
    ].join('\n'),
  )
})

test('a step that takes the first of its works for the whole fails after a crash in between', async () => {
  const hasty: Sync = async (server) => {
    if (await server.hasRole('shop')) return
    await server.createRole('shop')
    await server.createDatabase('shop', 'shop')
  }

  await expect(checkIdempotent(checkOf(hasty))).rejects.toThrow(
    /Undisturbed it calls hasRole, createRole, createDatabase\.\n {2}After a crash at call 2, createRole, it leaves another state:\n {4}databases\('shop'\): expected \{ owner: 'shop' \}, got nothing$/,
  )
})

test('feedback that differs from call to call is told', async () => {
  const counting: Sync = async (server) => {
    await server.hasRole('shop')
    server.made += 1
    return { made: server.made }
  }

  await expect(checkIdempotent(checkOf(counting))).rejects.toThrow(
    'Called again, it answers other feedback:\n    made: expected 1, got 2',
  )
})

test('deleting is checked on what was synced before', async () => {
  expect(await checkIdempotent(checkOf(careful, { options: { operation: 'delete' } }))).toEqual([
    { method: 'drop', parameters: ['shop'] },
  ])
})

test.each<[string, Sync, RegExp]>([
  [
    'does not succeed',
    () => {
      throw new DeferredException('not yet')
    },
    /^Expected the step to succeed when nothing disturbs it, but it deferred: not yet$/,
  ],
  ['asks nothing', () => undefined, /^Expected the step to ask something of its backend\./],
])('a step that %s cannot be checked', async (_which, sync, message) => {
  await expect(checkIdempotent(checkOf(sync))).rejects.toThrow(message)
})

test('a state that cannot be kept is a mistake of the test', async () => {
  const state = () => ({ look: () => undefined })

  await expect(checkIdempotent(checkOf(careful, { state }))).rejects.toThrow(
    'Expected state to answer data',
  )
})

test('a recorded backend does what the real one does', async () => {
  const server = new FakeServer()
  const { backend, calls } = recordBackend(server)
  await backend.createRole('shop')

  expect(backend).toBeInstanceOf(FakeServer)
  expect([...backend.roles]).toEqual(['shop'])
  await expect(backend.createRole('shop')).rejects.toThrow('role shop exists')
  expect(calls.map(({ method }) => method)).toEqual(['createRole', 'createRole'])
})

test('clients within a client, and those that it answers, are recorded by their paths', async () => {
  class Session {
    readonly #rows = [1, 2]
    query(): readonly number[] {
      return this.#rows
    }
  }
  const { backend, calls } = recordBackend(
    Object.freeze({ pool: { connect: async () => new Session() }, limits: { most: 3 } }),
  )
  const session = await backend.pool.connect()

  expect(session.query()).toEqual([1, 2])
  expect(backend.limits.most).toBe(3)
  expect(calls.map(({ method }) => method)).toEqual(['pool.connect', 'pool.connect().query'])
})

test('a backend may be a single function', () => {
  const { backend, calls } = recordBackend((name: string) => name.toUpperCase())

  expect(backend('red')).toBe('RED')
  expect(calls).toEqual([{ method: 'call', parameters: ['red'] }])
})

test('what is cut off is carried out up to that call, and not beyond', async () => {
  const server = new FakeServer()
  const { backend, calls } = recordBackend(server, { cutAfter: 1 })

  await expect(backend.createRole('shop')).rejects.toThrow(BackendCut)
  await expect(async () => backend.createDatabase('shop', 'shop')).rejects.toThrow(
    'The test has cut off the step at its call of createDatabase',
  )
  expect([server.roles.size, server.databases.size, calls.length]).toEqual([1, 0, 1])
})
