import type { PostgresServer } from '../support/postgres-server.ts'
import type { Contender } from './contender.ts'
import { bullMq } from './peers/bullmq.ts'
import {
  graphileWorker,
  graphileWorkerBatched,
  graphileWorkerSplit,
} from './peers/graphile-worker.ts'
import { installPeers } from './peers/installed.ts'
import { pgBoss } from './peers/pg-boss.ts'
import { redisVersion, withRedis } from './peers/redis.ts'
import { postmasterOf } from './cost.ts'
import { withDatabase } from './places.ts'
import { syncstep } from './synchronizer.ts'

const peers: readonly (readonly [string, readonly Contender[]])[] = [
  ['graphile-worker', [graphileWorker, graphileWorkerBatched, graphileWorkerSplit]],
  ['pg-boss', [pgBoss]],
  ['bullmq', [bullMq]],
]

/** The job queues that run here; why the others do not is told. */
const findPeers = (): readonly Contender[] => {
  const missing = new Set(installPeers())
  for (const name of missing) console.log(`Without ${name}, because it could not be installed`)
  const installed = peers.filter(([name]) => !missing.has(name)).flatMap(([, kinds]) => kinds)
  const needsRedis = installed.some(({ engine }) => engine === 'Redis')
  const redis = needsRedis ? redisVersion() : undefined
  if (redis !== undefined) console.log(redis)
  return installed.filter(({ engine }) => engine !== 'Redis' || redis !== undefined)
}

let found: readonly Contender[] | undefined

/** Syncstep and those of the others that run here. */
export const contendersAmong = (others: readonly Contender[]): readonly Contender[] => {
  found ??= findPeers()
  return [syncstep, ...found.filter((contender) => others.includes(contender))]
}

export const contenderNamed = (name: string): Contender => {
  const contender = peers.flatMap(([, kinds]) => kinds).find((one) => one.name === name)
  if (contender === undefined) throw new Error(`Expected the name of a contender, got ${name}`)
  return contender
}

/** Where a contender works: its database, and the process id of the server. */
export type Place = { readonly url: string; readonly pid: number }

/** A new and empty place for the contender, gone afterwards. */
export const withPlace = <T>(
  { engine }: Contender,
  server: PostgresServer,
  work: (place: Place) => Promise<T>,
): Promise<T> =>
  engine === 'Redis'
    ? withRedis((url, pid) => work({ url, pid }))
    : withDatabase(server.url, async (url) => work({ url, pid: await postmasterOf(server.url) }))

/** Runs the same with each of them. */
export const forEach = <T>(
  contenders: readonly Contender[],
  work: (contender: Contender) => Promise<T>,
): Readonly<Record<string, () => Promise<T>>> =>
  Object.fromEntries(contenders.map((contender) => [contender.name, () => work(contender)]))
