import type { Clock, Random } from '#contract'
import { backoffMs, type Backoff } from './backoff.ts'
import type { Log } from './options.ts'
import { textOfError } from './text-of-error.ts'

/** How long a core that cannot be reached is left alone. */
const outageBackoff: Backoff = { firstMs: 100, capMs: 5_000 }

/** Whether the core can be reached, as far as the last requests tell. */
export type SourceHealth = {
  /** True since the first request that failed, until one succeeds. */
  readonly failing: boolean
  /** When it may be asked again; undefined when it may be asked now. */
  retryMs(): number | undefined
  succeeded(): void
  failed(error: unknown): void
}

/** Logs an outage once when it begins and once when it ends. */
export const createSourceHealth = (clock: Clock, random: Random, log: Log): SourceHealth => {
  let failures = 0
  let retryAtMs = 0

  const waiting = (): boolean => failures > 0 && clock.now() < retryAtMs

  return {
    get failing() {
      return failures > 0
    },

    retryMs: () => (waiting() ? retryAtMs : undefined),

    succeeded() {
      if (failures === 0) return
      log.info({ failures }, 'core is back')
      failures = 0
    },

    failed(error) {
      // Requests that were under way together fail together; that is one failure.
      if (waiting()) return
      failures += 1
      retryAtMs = clock.now() + backoffMs(failures, outageBackoff, random)
      if (failures === 1) log.error({ error: textOfError(error) }, 'core cannot be reached')
    },
  }
}
