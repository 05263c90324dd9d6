import type { Filter } from '#contract'
import type { CoreClient } from './client.ts'
import type { AnyRecord, MaybeLater, Nothing, StepContext } from './step.ts'

/**
 * Keeps other records as the records of one model ask for: it creates, changes and deletes them with `client` of the
 * context. It has at least one of the methods; what it has none for is done without it.
 *
 * Returning means done, and errors mean what they do for a {@link Step}. Calls repeat, so the methods must be idempotent.
 */
export type Policy<R = AnyRecord, Client = CoreClient> = {
  /** The leaf model whose records the policy is told of. */
  readonly observes: string
  /** Related records it reads: `owner`, `owner.site`; reverse sets such as `ports`. */
  readonly include?: readonly string[] | undefined
  /** The records it is for: paths to fields, and the values that they must have; see {@link Filter}. Without it: all. */
  readonly filter?: Filter | undefined
  /** For a record that the policy has not dealt with yet. */
  handle_create?(o: R, context: StepContext<Client>): MaybeLater<Nothing>
  /** For one that has changed since. */
  handle_update?(o: R, context: StepContext<Client>): MaybeLater<Nothing>
  /** For one that is deleted, before it goes. */
  handle_delete?(o: R, context: StepContext<Client>): MaybeLater<Nothing>
}

/** The base class of policies; an object of the shape of {@link Policy} does as well. */
export abstract class ModelPolicy {
  abstract readonly observes: string
}
