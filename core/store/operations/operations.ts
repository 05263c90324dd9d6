import type { Key } from '#contract'
import { createAccess } from '../access.ts'
import type { Caller } from '../port.ts'
import { attemptsOf, retry, type Attempt } from './attempts.ts'
import { explain, explainModel, type AskingContext, type ExplainContext } from './explain.ts'
import type { Explanation } from './explanation.ts'
import { release } from './release.ts'

/** What people who run a core ask of it besides records. All methods throw CoreError. */
export type Operations = {
  /**
   * Why a record is not synced; whether the caller may read it has been asked. Of others, texts are told only where he
   * may. Throws NOT_FOUND.
   */
  why(caller: Caller, model: string, id: number): Promise<Explanation>
  /** Why records of a model are not synced: at most `limit` of those that are not, by id. */
  whyAll(caller: Caller, model: string, limit: number): Promise<readonly Explanation[]>
  /** The last calls of functions for a record, the newest first. */
  attempts(model: string, id: number): Promise<readonly Attempt[]>
  /** Lets pending records run now, all of a model or one. Answers how many. */
  retry(caller: Caller, model: string, id: number | undefined): Promise<number>
  /**
   * Lets a deleted record go that waits for its delete step; the audit keeps the reason. Answers why it is still there,
   * undefined when it is gone. Throws NOT_FOUND, VALIDATION.
   */
  release(caller: Caller, key: Key, reason: string): Promise<Explanation | undefined>
}

export type OperationsOptions = {
  readonly reading: () => ExplainContext
  readonly writing: <T>(caller: Caller, work: (context: ExplainContext) => Promise<T>) => Promise<T>
}

export const createOperations = ({ reading, writing }: OperationsOptions): Operations => {
  const asking = (caller: Caller, context = reading()): AskingContext => ({
    ...context,
    access: createAccess({ ...context, caller }),
  })
  return {
    why: (caller, model, id) => explain(asking(caller), model, id),
    whyAll: (caller, model, limit) => explainModel(asking(caller), model, limit),
    attempts: (model, id) => attemptsOf(reading(), model, id),
    retry: (caller, model, id) => writing(caller, (context) => retry(context, model, id)),
    release: (caller, key, reason) =>
      writing(caller, (context) => release(asking(caller, context), caller, key, reason)),
  }
}
