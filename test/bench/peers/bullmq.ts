import type { Contender, Running, Setup } from '../contender.ts'
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

type Connection = { readonly host: string; readonly port: number }

type JobOptions = {
  readonly priority?: number
  readonly attempts: number
  readonly backoff: object
}

type Entry = { readonly name: string; readonly data: Job; readonly opts?: JobOptions }

export type Flow = Entry & { readonly queueName: string; readonly children?: readonly Flow[] }

type Queue = {
  on(event: 'error', listener: () => void): void
  add(name: string, data: Job, options: JobOptions): Promise<unknown>
  addBulk(jobs: readonly Entry[]): Promise<unknown>
  getJobCounts(...states: readonly string[]): Promise<Readonly<Record<string, number>>>
  getJobs(states: readonly string[]): Promise<readonly { readonly attemptsMade: number }[]>
  close(): Promise<void>
}

type Worker = {
  on(event: 'error', listener: () => void): void
  close(force: boolean): Promise<void>
}

type Work = { readonly data: Job }

type Bullmq = {
  readonly Queue: new (name: string, options: { connection: Connection }) => Queue
  readonly Worker: new (
    name: string,
    work: (job: Work) => Promise<void>,
    options: { connection: Connection; concurrency: number },
  ) => Worker
  readonly FlowProducer: new (options: { connection: Connection }) => {
    addBulk(flows: readonly Flow[]): Promise<unknown>
    close(): Promise<void>
  }
}

const bullmq = (): Bullmq => loadPeer('bullmq') as Bullmq

const connectionOf = (place: string): Connection => {
  const { hostname, port } = new URL(place)
  return { host: hostname, port: Number(port) }
}

const ignore = (): void => undefined

const options: JobOptions = { attempts: 25, backoff: { type: 'exponential', delay: 1_000 } }

/** States of a job that is still to be called, or called again. */
const unfinished = ['waiting', 'active', 'delayed', 'prioritized', 'waiting-children']

/** Adds jobs of which each waits for its children. */
export const addFlows = async (place: string, flows: readonly Flow[]): Promise<void> => {
  const producer = new (bullmq().FlowProducer)({ connection: connectionOf(place) })
  await inPortions(flows, 100, (portion) => producer.addBulk(portion))
  await producer.close()
}

const open = async (place: string, setup: Setup): Promise<Running> => {
  const { Queue, Worker } = bullmq()
  const connection = connectionOf(place)
  const queues = new Map<string, Queue>(
    setup.lanes.map(({ model }) => [model, new Queue(model, { connection })]),
  )
  const callers = new Map<string, Caller>(
    setup.lanes.map((lane) => [lane.model, openCaller(lane, setup)]),
  )
  const workers: Worker[] = []
  for (const queue of queues.values()) queue.on('error', ignore)
  const left = async (): Promise<number> => {
    const counts = await Promise.all(
      [...queues.values()].map((queue) => queue.getJobCounts(...unfinished)),
    )
    return counts.flatMap((count) => Object.values(count)).reduce((sum, one) => sum + one, 0)
  }
  let jobs = await left()
  return {
    async fill(first, count, isLater = false) {
      const opts = isLater ? { ...options, priority: laterPriority } : options
      jobs += count * queues.size
      for (const [model, queue] of queues) {
        await inPortions(jobsFrom(first, count), 1_000, (added) =>
          queue.addBulk(added.map((data) => ({ name: model, data, opts }))),
        )
      }
    },
    async start() {
      for (const [model, caller] of callers) {
        const worker = new Worker(model, ({ data }) => caller.call(data), {
          connection,
          concurrency: setup.concurrency,
        })
        worker.on('error', ignore)
        workers.push(worker)
      }
    },
    async change(model, id) {
      await queues.get(model)?.add(model, { id }, options)
    },
    left,
    drained: () => untilDone(jobs, callers.values(), left),
    async failures(model) {
      const jobs = (await queues.get(model)?.getJobs(unfinished)) ?? []
      return jobs.reduce((sum, { attemptsMade }) => sum + attemptsMade, 0)
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close(true)))
      await Promise.all([...queues.values()].map((queue) => queue.close()))
      await Promise.all([...callers.values()].map((caller) => caller.close()))
    },
  }
}

export const bullMq: Contender = {
  name: `${titleOf('bullmq')}, appendfsync always`,
  engine: 'Redis',
  open,
}
