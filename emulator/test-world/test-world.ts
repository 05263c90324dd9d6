import type { AnyOperation, CloudEvent, Fields, Outcome, Random } from '#contract'
import type { Database } from '#core'
import type { AnyStep, ModelBlank } from '#functions'
import type { Source } from '#xproto'
import type { LogLine, ManualClock } from '#testing'
import type { Project } from '../project.ts'

export type TestWorldOptions = {
  readonly project: Project
  /** Those that run here, by their names in the project. */
  readonly steps: ReadonlyMap<string, AnyStep>
  readonly coreModels: readonly Source[]
  /** Empty; it is closed with the world. */
  readonly database: Database
  /** Decides how long delays are within their jitter. */
  readonly random: Random
}

/** One call of a step, when it had ended. */
export type WorldCall = {
  readonly step: string
  readonly operation: AnyOperation
  /** The record that it was for; undefined of event steps and pull steps. */
  readonly model: string | undefined
  readonly id: number | undefined
  /** The id of the event that it was for; undefined of the others. */
  readonly event: string | undefined
  /** 1 on the first call for this version of the record, or for the event. */
  readonly attempt: number
  readonly outcome: Outcome
  /** Milliseconds since 1970, by the clock of the world. */
  readonly atMs: number
}

/** A model by its name, or as `models/types.ts` exports it: then its fields are typed. */
export type NamedModel<Known> = string | ModelBlank<Known>

/**
 * A whole synchronizer in memory. Nothing happens by itself: a call of a step needs {@link TestWorld.settle}, and a
 * retry needs time as well.
 *
 * Records are read and written as an administrator does over REST; what the core refuses rejects with its text.
 */
export type TestWorld = {
  /** Stands still until time is let pass. */
  readonly clock: ManualClock
  /** All calls of steps so far, in the order in which they ended. */
  readonly calls: readonly WorldCall[]
  /** All that steps wrote to their logs. */
  readonly logs: readonly LogLine[]

  /** Creates a record: fields that are not given take their defaults. */
  create<Known extends object = Fields>(
    model: NamedModel<Known>,
    fields: NoInfer<Partial<Known>>,
  ): Promise<Known & Fields>
  /** Changes fields of a record. */
  update<Known extends object = Fields>(
    model: NamedModel<Known>,
    id: number,
    fields: NoInfer<Partial<Known>>,
  ): Promise<Known & Fields>
  /** Deletes a record: its delete step is still to run. */
  remove(model: NamedModel<object>, id: number): Promise<void>
  /** A record as it is now, also one that is about to go; undefined when there is none. */
  get<Known extends object = Fields>(
    model: NamedModel<Known>,
    id: number,
  ): Promise<(Known & Fields) | undefined>
  /** All records of a model that are not deleted, by id. */
  list<Known extends object = Fields>(
    model: NamedModel<Known>,
  ): Promise<readonly (Known & Fields)[]>
  /** Brings an event to the core, which stores it for the event steps that want it. */
  send(event: Partial<CloudEvent> & Pick<CloudEvent, 'type'>): Promise<void>
  /** Lets a record run now that failed or was put off. */
  retry(model: NamedModel<object>, id: number): Promise<void>

  /** Lets everything happen that needs no time. */
  settle(): Promise<void>
  /** Lets so much time pass, and what is due in it happen at its moment. */
  pass(ms: number): Promise<void>
  /**
   * Lets time pass until each record whose model has a step or a policy here is as its models say, at most so long.
   *
   * @param withinMs an hour unless given
   * @throws AssertionError that says of each record why it is not.
   */
  untilSynced(withinMs?: number): Promise<void>
  /** Ends everything. The world cannot be used any more. */
  close(): Promise<void>
}
