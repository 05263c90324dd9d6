import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { Client as PgClient } from 'pg'
import { Pool } from 'undici'
import { openCore, openPglite, openPostgres, type Database } from '#core'
import { systemProcesses } from '../../cli/processes.ts'
import { realClock } from '../../cli/real-clock.ts'
import { openDataFolder } from '../../emulator/data-folder.ts'
import { readServices } from '../hostile/rpc.ts'
import { adminBasic, startCoreProcess, stopCore } from '../support/core-process.ts'
import { startServer } from './child.ts'
import { memoryOf, mostMemoryOf } from './cost.ts'
import { withFolder, withPostgresIfAny } from './places.ts'
import { interleaved, printTable } from './statistics.ts'

const clients = 8
const listed = 1_000
const many = 100_000

type Work = (n: number) => Promise<unknown>

/** One way to ask for what the bench asks for; `n` differs between calls. */
type Face = {
  readonly create: Work
  readonly get: Work
  readonly list: Work
  readonly indexed: Work
  readonly unindexed: Work
  readonly update: Work
}
type Operation = keyof Face

const operations: readonly (readonly [Operation, string, number])[] = [
  ['create', 'create', 400],
  ['get', 'get', 2_000],
  ['list', `list of ${listed} records`, 40],
  ['indexed', 'filter by a unique name', 1_000],
  ['unindexed', 'filter by a text without an index', 200],
  ['update', 'update', 400],
]

let serial = 0
const fresh = (): string => `fresh ${(serial += 1)}`
const text = 'x'.repeat(200)

/** Calls a second, by eight clients. */
const rate = async (calls: number, work: Work): Promise<number> => {
  let left = calls
  const worker = async (): Promise<void> => {
    while (left > 0) await work((left -= 1))
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: clients }, worker))
  return calls / ((performance.now() - started) / 1000)
}

const httpFace = (origin: string, path: string, list: string, isEcho = false): Face => {
  const pool = new Pool(origin, { connections: clients })
  const headers = { authorization: adminBasic, 'content-type': 'application/json' }
  const ask = async (method: 'GET' | 'POST' | 'PUT', at: string, body?: object): Promise<void> => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await pool.request({ method, path: at, headers, ...content })
    if (answer.statusCode !== 200) throw new Error(`${method} ${at}: ${answer.statusCode}`)
    await answer.body.dump({ limit: 2 ** 30 })
  }
  const one = (n: number): string => (isEcho ? path : `${path}/${1 + (n % listed)}`)
  const filter = (query: string): string => (isEcho ? path : `${path}?${query}`)
  return {
    create: () => ask('POST', path, { name: fresh(), description: text }),
    get: (n) => ask('GET', one(n)),
    list: () => ask('GET', list),
    indexed: (n) => ask('GET', filter(`name=item-${1 + (n % listed)}`)),
    unindexed: () => ask('GET', filter('icon_url=none')),
    update: (n) => ask('PUT', one(n), { description: text }),
  }
}

const grpcFace = async (port: number): Promise<Face> => {
  const methods = new Map((await readServices(port)).map((one) => [one.path, one.request]))
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const metadata = new Metadata()
  metadata.set('authorization', adminBasic)
  const ask = (method: string, request: object): Promise<void> =>
    new Promise((resolve, reject) => {
      const path = `/xos.xos/${method}`
      const type = methods.get(path)!
      client.makeUnaryRequest(
        path,
        (message: object) => Buffer.from(type.encode(type.fromObject(message)).finish()),
        (bytes: Buffer) => bytes,
        request,
        metadata,
        (error) => (error === null ? resolve() : reject(error)),
      )
    })
  const filter = (name: string, sValue: string) =>
    ask('FilterService', { elements: [{ name, sValue }] })
  return {
    create: () => ask('CreateService', { name: fresh(), description: text }),
    get: (n) => ask('GetService', { id: 1 + (n % listed) }),
    list: () => ask('FilterService', { elements: [{ operator: 4, name: 'id', iValue: listed }] }),
    indexed: (n) => filter('name', `item-${1 + (n % listed)}`),
    unindexed: () => filter('icon_url', 'none'),
    update: (n) => ask('UpdateService', { id: 1 + (n % listed), description: text }),
  }
}

const grpcEcho = (port: number): Face => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const ask = (size: number) => (): Promise<void> =>
    new Promise((resolve, reject) => {
      const same = (bytes: Buffer): Buffer => bytes
      client.makeUnaryRequest('/bench.Echo/Echo', same, same, Buffer.alloc(size), (error) =>
        error === null ? resolve() : reject(error),
      )
    })
  const one = ask(300)
  return {
    create: one,
    get: one,
    list: ask(300 * listed),
    indexed: one,
    unindexed: one,
    update: one,
  }
}

/** The same as plain statements, on a table of their own. */
const sqlFace = async (database: Database): Promise<Face> => {
  await database.query(
    'create table plain (id serial primary key, name text unique, icon text, fields jsonb)',
  )
  await database.query(
    `insert into plain (name, icon, fields)
     select 'item-' || n, '', jsonb_build_object('description', $1::text) from generate_series(1, ${listed}) n`,
    [text],
  )
  const ask = (sql: string, values: readonly unknown[] = []) => database.query(sql, values)
  const fields = JSON.stringify({ description: text })
  return {
    create: () => ask('insert into plain (name, fields) values ($1, $2)', [fresh(), fields]),
    get: (n) => ask('select * from plain where id = $1', [1 + (n % listed)]),
    list: () => ask('select * from plain where id <= $1 order by id', [listed]),
    indexed: (n) => ask('select * from plain where name = $1', [`item-${1 + (n % listed)}`]),
    unindexed: () => ask('select * from plain where icon = $1', ['none']),
    update: (n) => ask('update plain set fields = $2 where id = $1', [1 + (n % listed), fields]),
  }
}

/** Makes the tables, and that many services. */
const fill = async (database: Database, count: number): Promise<void> => {
  const file = new URL('../../xproto/models/core.xproto', import.meta.url)
  const core = await openCore({
    database,
    coreModels: [{ file: 'core.xproto', text: await readFile(file, 'utf8') }],
    clock: realClock,
    admin: { email: 'admin@opencord.org', password: 'letmein' },
  })
  await database.query(
    `insert into record (root, id, leaf, fields, created, updated, next_run, backend_status, backend_code)
     select 'Service', n, 'Service', jsonb_build_object('name', 'item-' || n, 'description', $2::text,
            'enabled', true, 'kind', 'generic', 'published', true), $1, $1, $1, 'Provisioning in progress', 0
     from generate_series(1, ${count}) n`,
    [realClock.now() * 1000, text],
  )
  await database.query(
    `insert into counter (root, last) values ('Service', $1) on conflict (root) do update set last = $1`,
    [count],
  )
  await core.close()
}

const listMany = async (engine: string, data: string): Promise<void> => {
  const core = await startCoreProcess({ data })
  const before = await memoryOf(core.program.pid)
  const started = performance.now()
  const answer = await fetch(`http://127.0.0.1:${core.ports.rest}/xosapi/v1/core/services`, {
    headers: { authorization: adminBasic },
  })
  let bytes = 0
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const most = await mostMemoryOf(core.program.pid)
  console.log(
    `  ${engine.padEnd(34)} ${Math.round(bytes / 2 ** 20)} MB in ${seconds} s; held ${Math.round(before)} MB before, never more than ${Math.round(most)} MB`,
  )
  await stopCore(core)
}

type Engine = {
  readonly name: string
  /** A new, empty place of data. */
  readonly place: () => Promise<string>
  readonly open: (place: string) => Promise<Database>
}

const enginesIn = (folder: string, server: string | undefined): readonly Engine[] => {
  let places = 0
  const pglite: Engine = {
    name: 'PGlite in a folder',
    place: async () => join(folder, `data-${(places += 1)}`),
    async open(place) {
      const opened = await openDataFolder(place, systemProcesses, openPglite)
      const close = (): Promise<void> => opened.database.close().then(() => opened.release())
      return { ...opened.database, close }
    },
  }
  if (server === undefined) return [pglite]
  return [
    pglite,
    {
      name: 'PostgreSQL, fsync on',
      async place() {
        const client = new PgClient({ connectionString: server })
        await client.connect()
        const name = `bench_${(places += 1)}`
        await client.query(`create database ${name}`)
        await client.end()
        const url = new URL(server)
        url.pathname = `/${name}`
        return url.href
      },
      open: (url) => openPostgres({ url, clock: realClock, random: Math.random }),
    },
  ]
}

const filled = async ({ place, open }: Engine, count: number): Promise<string> => {
  const made = await place()
  const database = await open(made)
  await fill(database, count)
  return made
}

const compare = async (rounds: number, { name, ...engine }: Engine): Promise<void> => {
  const echo = await startServer('echo')
  const { port } = (await (await fetch(`${echo.url}grpc`)).json()) as { readonly port: number }
  const core = await startCoreProcess({ data: await filled({ name, ...engine }, listed) })
  const plain = await engine.open(await engine.place())
  const path = '/xosapi/v1/core/services'
  const rest = `http://127.0.0.1:${core.ports.rest}`
  const faces: Readonly<Record<string, Face>> = {
    'bare fastify': httpFace(new URL(echo.url).origin, '/', '/list', true),
    'bare grpc-js': grpcEcho(port),
    'plain SQL': await sqlFace(plain),
    REST: httpFace(rest, path, `${path}?id__lte=${listed}`),
    gRPC: await grpcFace(core.ports.grpc),
  }
  for (const [operation, title, calls] of operations) {
    const contenders = Object.fromEntries(
      Object.entries(faces).map(([face, works]) => [face, () => rate(calls, works[operation])]),
    )
    await interleaved(1, contenders)
    const results = await interleaved(rounds, contenders)
    for (const limit of ['plain SQL', 'bare fastify', 'bare grpc-js']) {
      const ours =
        limit === 'bare fastify' ? ['REST'] : limit === 'bare grpc-js' ? ['gRPC'] : ['REST', 'gRPC']
      const shown = new Map([...results].filter(([face]) => [limit, ...ours].includes(face)))
      printTable(`Core on ${name}, ${clients} clients: ${title}`, 'a second', limit, shown)
    }
  }
  await plain.close()
  await stopCore(core)
  echo.stop()
}

/** Records over REST and gRPC beside the plain statements and bare servers; then a list that does not fit at once. */
export const runCore = async (rounds: number): Promise<void> => {
  await withFolder((folder) =>
    withPostgresIfAny(async (server) => {
      const engines = enginesIn(folder, server?.url)
      // Each measures many operations.
      for (const engine of engines) await compare(Math.min(rounds, 3), engine)
      console.log(`\nList of ${many} records over REST`)
      for (const engine of engines) await listMany(engine.name, await filled(engine, many))
    }),
  )
}
