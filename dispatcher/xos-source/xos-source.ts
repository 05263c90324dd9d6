import type { Registration } from '#contract'
import { basicMetadata } from '../basic-metadata.ts'
import { RemoteSourceError } from '../remote-connection.ts'
import type { RemoteSource, RemoteSourceOptions } from '../remote-source.ts'
import { textOfError } from '../text-of-error.ts'
import { createXosClient } from './client.ts'
import { createKnown } from './known.ts'
import { createLease, type Desk } from './lease.ts'
import { createReport } from './report.ts'
import { openService, type Service } from './service.ts'
import { tellWaiting } from './waiting.ts'

/** How often the core is asked what is to be done: as synchronizers of XOS do. */
const pollMs = 5_000

/** How soon it is asked when that would let something run. */
const soonMs = 200

/** Whoever leases work for a core of XOS finds what is dirty by itself, and looks for sync steps only. */
const checkKinds = ({
  steps,
  policies = [],
  eventSteps = [],
  pullSteps = [],
}: Registration): void => {
  const others = [...policies, ...eventSteps, ...pullSteps].map(({ step }) => step)
  const late = steps.filter(({ afterPolicy }) => afterPolicy === true).map(({ step }) => step)
  if (others.length + late.length === 0) return
  throw new RemoteSourceError(
    'VALIDATION',
    others.length > 0
      ? `A core of XOS has no work for model policies, event steps and pull steps: run ${others.join(', ')} with a core of Syncstep`
      : `With a core of XOS nothing waits for a policy: take after_policy away from ${late.join(', ')}`,
  )
}

const pathsWarning =
  'With a core of XOS, records wait for what they link to only: paths of dependency_graph are not followed'

/**
 * A core of XOS, which keeps no leases, as a work source. It is polled, as synchronizers of XOS do; who works on what,
 * what waits for what, and when a record is tried again is kept in memory here. So it serves the dispatchers of this
 * process, and no other process may do the same work.
 *
 * Rejects with RemoteSourceError. Models that are not there yet count as an outage: `register` is to be tried again.
 */
export const connectXosSource = (options: RemoteSourceOptions): RemoteSource => {
  const { endpoint, username, password, log, clock, random } = options
  const metadata = basicMetadata(username, password)
  const client = createXosClient({ endpoint, metadata, clock })
  const listeners = new Set<() => void>()
  let registration: Registration | undefined
  let service: Service | undefined
  let polling: Promise<void> | undefined
  let isPollWanted = false
  let cancelPoll = (): void => undefined
  let isConnected = false
  let loggedCode: string | undefined
  let closed = false

  const wake = (): void => {
    for (const listener of listeners) listener()
  }

  const schedule = (ms: number): void => {
    cancelPoll()
    if (closed) return
    cancelPoll = clock.after(ms, () => {
      // Told of where it fails.
      poll().catch(() => undefined)
    })
  }

  const pollSoon = (): void => {
    if (isPollWanted) return
    isPollWanted = true
    if (polling === undefined) schedule(soonMs)
  }

  const known = createKnown(clock, pollSoon)

  const desk: Desk = {
    service: () => {
      if (service !== undefined) return service
      throw new RemoteSourceError('UNAVAILABLE', `No connection to the core at ${endpoint}`)
    },
    known,
    held: new Map(),
    clock,
    random,
    log,
  }
  const lease = createLease(desk)
  const report = createReport(desk)

  const pollOnce = async (next: Registration): Promise<void> => {
    service ??= await openService(client, next)
    await known.look(service)
    if (known.isUnsure) await known.look(service)
    if (!isConnected) log.info({ endpoint }, 'connected to the core')
    isConnected = true
    loggedCode = undefined
    wake()
    if (await tellWaiting(desk)) wake()
  }

  /** It may have started anew, with other models. */
  const lost = (error: unknown): void => {
    service = undefined
    isConnected = false
    const code = error instanceof RemoteSourceError ? error.code : 'UNKNOWN'
    if (closed || code === loggedCode) return
    loggedCode = code
    log.warn({ endpoint, reason: textOfError(error) }, 'no connection to the core')
  }

  const pauseMs = (): number => (isPollWanted ? soonMs : pollMs)

  const poll = async (): Promise<void> => {
    if (registration === undefined) return
    isPollWanted = false
    polling ??= pollOnce(registration)
      .catch((error: unknown) => {
        lost(error)
        throw error
      })
      .finally(() => {
        polling = undefined
        schedule(pauseMs())
      })
    await polling
  }

  return {
    async register(next) {
      checkKinds(next)
      service = await openService(client, next)
      registration = next
      await poll()
      const { dependencies = [] } = next
      return dependencies.some(({ path }) => path.includes('.')) ? [pathsWarning] : []
    },

    lease,

    async report(dispatcher, reports) {
      try {
        return await report(dispatcher, reports)
      } finally {
        wake()
      }
    },

    // Nobody else takes over what is kept in this memory.
    heartbeat: () => Promise.resolve(),

    leave(dispatcher, tokens) {
      for (const [token, { entry, owner }] of [...desk.held]) {
        if (owner !== dispatcher || tokens?.includes(token) === false) continue
        desk.held.delete(token)
        entry.owner = undefined
      }
      wake()
      return Promise.resolve()
    },

    onWake(listener) {
      // Its own function, so that one listener added twice is called and removed twice.
      const entry = (): void => {
        listener()
      }
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },

    close() {
      closed = true
      cancelPoll()
      client.close()
      return Promise.resolve()
    },
  }
}
