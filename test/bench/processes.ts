import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram, type Program } from '../e2e/program.ts'
import {
  adminEmail,
  adminPassword,
  startCoreProcess,
  stopCore,
  type CoreProcess,
} from '../support/core-process.ts'
import type { Contender, Running, Setup } from './contender.ts'
import { monotonicMs } from './monotonic.ts'
import { modelsOf, openRegistered, openServerDatabase, recordsIn, stepOf } from './synchronizer.ts'

const longestMs = 600_000

/** A folder with the synchronizer as `syncstep dispatcher` wants it. */
const writeProject = async (
  { lanes, concurrency, timeoutMs }: Setup,
  core: CoreProcess,
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncstep-bench-'))
  const settings = { include: [], timeout: `${timeoutMs}ms`, concurrency }
  const config = {
    name: 'bench',
    accessor: {
      username: adminEmail,
      password: adminPassword,
      endpoint: `127.0.0.1:${core.ports.grpc}`,
    },
    models_dir: 'models',
    functions: Object.fromEntries(
      lanes.map((lane) => [
        stepOf(lane),
        { url: lane.url, observes: lane.model, ...settings, retry: { first: '1s', cap: '10m' } },
      ]),
    ),
  }
  // YAML is a superset of JSON.
  await writeFile(join(folder, 'config.yaml'), JSON.stringify(config))
  await mkdir(join(folder, 'models'))
  await writeFile(join(folder, 'models/bench.xproto'), modelsOf(lanes))
  return folder
}

export type Processes = Running & {
  readonly core: CoreProcess
  /** One more dispatcher. */
  startDispatcher(): Program
}

/** `syncstep core` and, once started, `syncstep dispatcher`, as their users run them. */
export const openProcesses = async (place: string, setup: Setup): Promise<Processes> => {
  const database = await openServerDatabase(place)
  const registered = await openRegistered(database, setup.lanes)
  const core = await startCoreProcess({ data: place })
  const folder = await writeProject(setup, core)
  const dispatchers: Program[] = []
  const records = recordsIn(registered, database, setup.lanes)
  const startDispatcher = (): Program => {
    const words = ['dispatcher', folder, '--health-port', '0', '--log-level', 'warn']
    const dispatcher = runProgram(words)
    dispatchers.push(dispatcher)
    return dispatcher
  }
  return {
    ...records,
    core,
    startDispatcher,
    async start() {
      startDispatcher()
    },
    async change(model, id) {
      const path = `bench/${model.toLowerCase()}s/${id}`
      const { status } = await core.rest('PUT', path, { note: 'changed' })
      if (status !== 200) throw new Error(`Expected 200 for ${path}, got ${status}`)
    },
    async drained() {
      // Not so often that the asking weighs.
      for (const latestMs = monotonicMs() + longestMs; (await records.left()) > 0;) {
        if (monotonicMs() > latestMs) throw new Error('Not all records were synced in time')
        await sleep(250)
      }
    },
    async close() {
      for (const dispatcher of dispatchers) dispatcher.kill('SIGKILL')
      await Promise.all(dispatchers.map(({ exit }) => exit))
      await stopCore(core)
      await registered.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const syncstepProcesses: Contender = {
  name: 'syncstep, core and dispatcher',
  engine: 'PostgreSQL',
  open: openProcesses,
}
