import type { Clock } from '#contract'
import type { Connection, Doors } from './doors.ts'
import type { Log } from './log.ts'

/** When and how long the ports are closed after a change of models. */
export type SchemaChange = {
  /** Milliseconds from the change until then; a later change starts them anew. */
  readonly graceMs: number
  readonly closedMs: number
}

export type RestartOptions = SchemaChange & {
  readonly doors: Doors
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
  /** Peers whose connection does not depend on the models. */
  readonly lasting: () => ReadonlySet<string>
}

/**
 * What clients of XOS see of a change of models (reference core-api.md 3.3): the core ends their connections and
 * refuses new ones for a moment, as if it started anew. That is how they notice that they have to read the schema
 * again. Clients that came after the change, and dispatchers, stay.
 */
export type Restart = {
  /** The models have just changed. */
  schedule(): void
  stop(): void
}

/** How long a call that is under way may take from then on. */
const drainMs = 1000

export const createRestart = (options: RestartOptions): Restart => {
  const { doors, clock, log, lasting, graceMs, closedMs } = options
  let outdated: readonly Connection[] = []
  let cancel = (): void => undefined
  let isShut = false

  const reopen = async (): Promise<void> => {
    isShut = false
    try {
      await doors.reopen()
      log.info({}, 'gRPC ports are open again, with the new models')
      // The models changed once more meanwhile, and some had been let in between.
      if (outdated.length > 0) cancel = clock.after(graceMs, restart)
    } catch (error) {
      log.error({ err: error }, 'gRPC ports could not be opened again, trying once more')
      shutFor(closedMs)
    }
  }

  const shutFor = (ms: number): void => {
    isShut = true
    doors.shut()
    cancel = clock.after(ms, () => void reopen())
  }

  const restart = (): void => {
    const kept = lasting()
    const open = doors.connections()
    const ending = outdated.filter((one) => open.has(one) && !kept.has(one.peer))
    outdated = []
    if (ending.length === 0) return
    log.info(
      { connections: ending.length, closedMs },
      'gRPC ports close: clients read the models anew',
    )
    shutFor(closedMs)
    for (const connection of ending) connection.drain(drainMs)
  }

  return {
    schedule() {
      outdated = [...doors.connections()]
      // Nobody new comes in while the ports are closed; who stayed has to wait until they are open again.
      if (isShut) return
      cancel()
      cancel = clock.after(graceMs, restart)
    },
    stop() {
      cancel()
    },
  }
}
