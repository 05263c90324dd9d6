import { readdir, readFile } from 'node:fs/promises'
import { until } from '../support/until.ts'
import { withClient } from './places.ts'

/** Of `utime` and its like in /proc: 100 a second on every Linux. */
const ticksASecond = 100

type ProcessTimes = { readonly parent: number; readonly own: number; readonly withEnded: number }

/** Processor seconds of a process, and of those of its children that have ended; undefined where it is gone. */
const timesOf = async (pid: number): Promise<ProcessTimes | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // After the name, which may hold anything: state, parent, and from the twelfth on the four times.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined) return undefined
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields
    .slice(11, 15)
    .map((ticks) => Number(ticks) / ticksASecond)
  const own = user + system
  return { parent: Number(fields[1]), own, withEnded: own + endedUser + endedSystem }
}

/** Processor seconds of a process and its children, those that have ended included; NaN without /proc. */
export const processorSecondsOf = async (pid: number): Promise<number> => {
  const names = await readdir('/proc').catch(() => [])
  const parent = await timesOf(pid)
  const all = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .map(timesOf),
  )
  const children = all.filter((times) => times?.parent === pid)
  return children.reduce((sum, times) => sum + (times?.own ?? 0), parent?.withEnded ?? NaN)
}

const megabytesOf = async (pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
}

/** The memory that the process holds, in MB; NaN without /proc. */
export const memoryOf = (pid: number): Promise<number> => megabytesOf(pid, 'VmRSS')

/** The most memory the process ever had at once, in MB; NaN without /proc. */
export const mostMemoryOf = (pid: number): Promise<number> => megabytesOf(pid, 'VmHWM')

const numberFrom = (url: string, sql: string, values: readonly unknown[] = []): Promise<number> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ value: string }>(sql, [...values])
    return Number(rows[0]?.value)
  })

/** The process id of the server. */
export const postmasterOf = (server: string): Promise<number> =>
  numberFrom(server, `select split_part(pg_read_file('postmaster.pid'), e'\\n', 1) as value`)

/** Bytes of write-ahead log the server has ever written. */
export const walBytesOf = (server: string): Promise<number> =>
  numberFrom(server, `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as value`)

/** Transactions in the database. Connections count theirs now and then, and when they end: nobody may be connected. */
export const transactionsIn = async (server: string, database: string): Promise<number> => {
  const name = new URL(database).pathname.slice(1)
  await until('the connections to end', async () => {
    const sql = `select count(*) as value from pg_stat_activity where datname = $1`
    return (await numberFrom(server, sql, [name])) === 0
  })
  const sql = `select xact_commit + xact_rollback as value from pg_stat_database where datname = $1`
  return numberFrom(server, sql, [name])
}
