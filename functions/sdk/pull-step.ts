import type { Duration } from '#contract'
import type { CoreClient } from './client.ts'
import type { EventContext } from './event-step.ts'
import type { MaybeLater, Nothing } from './step.ts'

/**
 * Looks at the world again and again, and writes what it finds to records.
 *
 * Returning means done until the next time, and errors mean what they do for a `Step`: a failure is tried again, sooner
 * than that.
 */
export type PullStepLike<Client = CoreClient> = {
  /** From the end of one call to the next: `30s`, `5m`. Without it the configuration says so. */
  readonly every?: Duration | undefined
  pull_records(context: EventContext<Client>): MaybeLater<Nothing>
}

/** The base class of pull steps; an object of the shape of {@link PullStepLike} does as well. */
export abstract class PullStep<Client = CoreClient> implements PullStepLike<Client> {
  abstract pull_records(context: EventContext<Client>): MaybeLater<Nothing>
}
