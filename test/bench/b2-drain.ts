import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { openCore, openPglite, openPostgres, type Database } from '#core'
import { createDispatcher, createHttpCall } from '#dispatcher'
import { startServer } from './child.ts'
import { findBinaries } from '../support/postgres-binaries.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { realClock } from '../../cli/real-clock.ts'
import { sampleMessage } from './message.ts'
import { postMany } from './post.ts'
import { interleaved, printTable } from './statistics.ts'

const records = 20_000
const concurrency = 24

const log = { info: () => undefined, warn: console.warn, error: console.error }

const itemModel = `
  option name = "bench";
  option app_label = "bench";
  message Item (XOSBase) {
    required string name = 1 [max_length = 200];
    optional string note = 2 [text = True];
  }`

/** Fills a store with pending records, drains it through the dispatcher, and answers records a second. */
const drain = async (url: string, database: Database): Promise<number> => {
  const coreModels = [
    {
      file: 'core.xproto',
      text: await readFile(new URL('../../xproto/models/core.xproto', import.meta.url), 'utf8'),
    },
  ]
  const admin = { email: 'admin@opencord.org', password: 'letmein' }
  const core = await openCore({ database, coreModels, clock: realClock, admin })
  await core.work.register({
    name: 'bench',
    version: '1',
    models: [{ filename: 'bench.xproto', contents: itemModel }],
    steps: [{ step: 'item', model: 'Item', include: [] }],
    requiredModels: ['Item'],
  })
  await database.query(
    `insert into record (root, id, leaf, fields, created, updated, next_run, backend_status, backend_code)
     select 'Item', n, 'Item', jsonb_build_object('name', 'item-' || n, 'note', repeat('x', 240)),
            $1, $1, $1, 'Provisioning in progress', 0
     from generate_series(1, ${records}) n`,
    [realClock.now() * 1000],
  )
  const target = {
    step: 'item',
    model: 'Item',
    url,
    timeoutMs: 30_000,
    concurrency,
    deferredDelayMs: 5_000,
    retry: { firstMs: 1_000, capMs: 600_000 },
  }
  const http = createHttpCall({ synchronizer: 'bench', clock: realClock, random: Math.random })
  const dispatcher = createDispatcher({
    name: 'bench',
    synchronizer: 'bench',
    source: core.work,
    targets: [target],
    call: http.call,
    clock: realClock,
    random: Math.random,
    log,
  })
  const stop = new AbortController()
  const started = performance.now()
  const run = dispatcher.run(stop.signal)
  await dispatcher.settled()
  const seconds = (performance.now() - started) / 1000
  const [left] = await database.query<{ count: number }>(
    `select count(*)::int as count from record
     where root = 'Item' and (pending or backend_code <> 1 or enacted is distinct from updated)`,
  )
  stop.abort()
  await run
  await core.close()
  if (left?.count !== 0) throw new Error(`${left?.count ?? 'All'} records are not synced`)
  return records / seconds
}

const onDisk = async (url: string): Promise<number> => {
  const directory = await mkdtemp(join(tmpdir(), 'syncstep-bench-'))
  try {
    return await drain(url, await openPglite(join(directory, 'data')))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A database of its own on the server. */
const onServer = async (url: string, server: string): Promise<number> => {
  const name = `bench_${realClock.now()}`
  const client = new Client({ connectionString: server })
  await client.connect()
  await client.query(`create database ${name}`)
  try {
    const address = new URL(server)
    address.pathname = `/${name}`
    const options = { url: address.href, clock: realClock, random: Math.random }
    return await drain(url, await openPostgres(options))
  } finally {
    await client.query(`drop database ${name} with (force)`)
    await client.end()
  }
}

/** A server with its own settings as they are, fsync included; undefined, with the reason told, where none runs. */
const serverIfAny = async () => {
  const binaries = findBinaries()
  if (typeof binaries !== 'string') {
    binaries.remove()
    return startPostgres()
  }
  console.log(`Without PostgreSQL, because it does not run here: ${binaries}`)
  return undefined
}

/** B2: 20 000 pending, independent records; a function that does nothing, in a process of its own. */
export const runB2 = async (rounds: number): Promise<void> => {
  const child = await startServer('raw')
  const limit = 'raw undici -> node:http'
  const load = { connections: concurrency, requests: records }
  await postMany(child.url, sampleMessage('binary'), load)
  const server = await serverIfAny()
  const results = await interleaved(rounds, {
    [limit]: () => postMany(child.url, sampleMessage('binary'), load),
    'syncstep, PGlite in a folder': () => onDisk(child.url),
    'syncstep, PGlite in memory': async () => drain(child.url, await openPglite()),
    ...(server === undefined
      ? {}
      : { 'syncstep, PostgreSQL, fsync on': () => onServer(child.url, server.url) }),
  })
  await server?.stop()
  child.stop()
  printTable(`B2 drain of ${records} records, concurrency ${concurrency}`, 'rec/s', limit, results)
}
