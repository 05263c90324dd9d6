import type { Contender, Lane, Running, Setup } from '../contender.ts'
import { loadPeer, titleOf } from './installed.ts'
import {
  inPortions,
  jobsFrom,
  laterPriority,
  openCaller,
  untilDone,
  type Caller,
  type Job,
} from './job.ts'

type Fetched = { readonly id: string; readonly data: Job }

type Boss = {
  on(event: 'error', listener: (error: Error) => void): void
  start(): Promise<unknown>
  stop(options: { graceful: boolean; wait: boolean }): Promise<void>
  createQueue(name: string): Promise<void>
  insert(
    jobs: readonly { readonly name: string; readonly data: Job; readonly priority?: number }[],
  ): Promise<void>
  fetch(name: string, options: { batchSize: number }): Promise<readonly Fetched[]>
  complete(name: string, ids: readonly string[]): Promise<void>
  fail(name: string, ids: readonly string[]): Promise<void>
  getQueueSize(name: string, options: { before: string }): Promise<number>
}

const batchSize = 200
const pauseMs = 500

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const open = async (place: string, setup: Setup): Promise<Running> => {
  const PgBoss = loadPeer('pg-boss') as new (url: string) => Boss
  const boss = new PgBoss(place)
  boss.on('error', (error) => console.error(error.message))
  await boss.start()
  for (const { model } of setup.lanes) await boss.createQueue(model)
  const loops: Promise<void>[] = []
  const callers: Caller[] = []
  let stopping = false

  /** As its users do for speed: a batch is fetched, worked off, and completed as a whole. */
  const workOff = async (lane: Lane, batch: readonly Fetched[], caller: Caller): Promise<void> => {
    const waiting = [...batch]
    const done: string[] = []
    const failed: string[] = []
    const worker = async (): Promise<void> => {
      for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
        const { id } = job
        await caller.call(job.data).then(
          () => done.push(id),
          () => failed.push(id),
        )
      }
    }
    await Promise.all(Array.from({ length: setup.concurrency }, worker))
    if (done.length > 0) await boss.complete(lane.model, done)
    if (failed.length > 0) await boss.fail(lane.model, failed)
  }

  const loop = async (lane: Lane): Promise<void> => {
    const caller = openCaller(lane, setup)
    callers.push(caller)
    while (!stopping) {
      const batch = await boss.fetch(lane.model, { batchSize })
      if (batch.length === 0) await sleep(pauseMs)
      else await workOff(lane, batch, caller)
    }
  }

  const left = async (): Promise<number> => {
    const sizes = setup.lanes.map(({ model }) => boss.getQueueSize(model, { before: 'completed' }))
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  }

  let jobs = await left()
  return {
    async fill(first, count, isLater = false) {
      jobs += count * setup.lanes.length
      // The highest number comes first.
      const priority = isLater ? -laterPriority : 0
      for (const { model: name } of setup.lanes) {
        await inPortions(jobsFrom(first, count), 5_000, (added) =>
          boss.insert(added.map((data) => ({ name, data, priority }))),
        )
      }
    },
    async start() {
      loops.push(...setup.lanes.map(loop))
    },
    change: (name, id) => boss.insert([{ name, data: { id } }]),
    left,
    drained: () => untilDone(jobs, callers, left),
    failures: async () => NaN,
    async close() {
      stopping = true
      await Promise.all(loops)
      await Promise.all(callers.map((caller) => caller.close()))
      await boss.stop({ graceful: false, wait: true })
    },
  }
}

export const pgBoss: Contender = {
  name: `${titleOf('pg-boss')}, batches of ${batchSize}`,
  engine: 'PostgreSQL',
  open,
}
