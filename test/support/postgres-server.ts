import { execFile, spawn } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { findBinaries, type Binaries } from './postgres-binaries.ts'

export type PostgresServer = {
  /** Of the database `postgres`, whose user may make others. */
  readonly url: string
  /** Stops it as `stop` does, but for what it keeps: `goOn` starts it again with that, at the same port. */
  pause(): Promise<void>
  goOn(): Promise<void>
  stop(): Promise<void>
}

const password = 'Winter/is:coming'

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const ready = 'database system is ready to accept connections'

const makeData = async (
  data: string,
  passwordFile: string,
  { initdb, how }: Binaries,
): Promise<void> => {
  await mkdir(data)
  await writeFile(passwordFile, password)
  if (how.uid !== undefined && how.gid !== undefined) await chown(data, how.uid, how.gid)
  await promisify(execFile)(
    initdb,
    [
      ...['-D', data, '-U', 'tester', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--no-sync', '--encoding=UTF8', '--locale=C'],
    ],
    how,
  )
}

/** Starts the program and waits until it lets clients in. Answers how to stop it. */
const runOn = async (
  data: string,
  { postgres, how }: Binaries,
  settings: readonly string[],
): Promise<() => Promise<void>> => {
  const child = spawn(postgres, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...how,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    void ended.then(() => reject(new Error(`PostgreSQL ended: ${said}`)))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000)
      if (said.includes(ready)) resolve()
    })
  })
  return async () => {
    // Fast shutdown: sessions that are left are ended.
    child.kill('SIGINT')
    await ended
  }
}

const startIn = async (
  folder: string,
  binaries: Binaries,
  settings: readonly string[],
  port: number,
): Promise<Omit<PostgresServer, 'stop'>> => {
  const data = path.join(folder, 'data')
  await chmod(folder, 0o755)
  await makeData(data, path.join(folder, 'password'), binaries)
  const run = (): Promise<() => Promise<void>> =>
    runOn(data, binaries, [
      'listen_addresses=127.0.0.1',
      `port=${port}`,
      'unix_socket_directories=',
      'max_connections=300',
      'lc_messages=C',
      ...settings,
    ])
  let end = await run()
  return {
    url: `postgres://tester:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    pause: () => end(),
    async goOn() {
      end = await run()
    },
  }
}

/**
 * A PostgreSQL server of our own in a temporary folder, at a free port unless one is given. Rejects when there are no
 * binaries for this machine.
 */
export const startPostgres = async (
  settings: readonly string[] = [],
  port?: number,
): Promise<PostgresServer> => {
  const binaries = findBinaries()
  if (typeof binaries === 'string') throw new Error(binaries)
  const folder = await mkdtemp(path.join(tmpdir(), 'syncstep-postgres-'))
  const remove = async (): Promise<void> => {
    binaries.remove()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const server = await startIn(folder, binaries, settings, port ?? (await freePort()))
    return {
      ...server,
      async stop() {
        await server.pause()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
