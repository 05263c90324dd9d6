import type { Filter } from '#contract'
import type { CoreClient } from './client.ts'
import type { EventStepLike } from './event-step.ts'
import type { KnownModels, LeafRecordOf, PathOf } from './model-types.ts'
import { ModelPolicy, type Policy } from './policy.ts'
import type { PullStepLike } from './pull-step.ts'
import { SyncStep, type MaybeLater, type Nothing, type Step, type StepContext } from './step.ts'

/** What a step or a policy observes and includes. */
type Observing<Models extends KnownModels<Models>, Name extends keyof Models, Path> = {
  /** The leaf model whose records it takes care of. */
  readonly observes: Name
  /** Related records it reads: `owner`, `owner.site`; reverse sets such as `ports`. */
  readonly include?: readonly Path[]
  /** The records it is for: paths to fields, and the values that they must have; see {@link Filter}. Without it: all. */
  readonly filter?: FilterOf<Models, Name, NoInfer<Path>>
}

type FieldOf<
  Models extends KnownModels<Models>,
  Name extends keyof Models,
> = keyof Models[Name]['fields'] & string

/** Fields of the record, links and sets that are included, and fields of what they lead to. */
type FilterOf<Models extends KnownModels<Models>, Name extends keyof Models, Path> = {
  readonly [Place in FieldOf<Models, Name> | (Path & string)]?: Filter[string]
} & { readonly [Place in `${Path & string}.${string}`]?: Filter[string] }

/** What a step observes and reads. */
type About<Models extends KnownModels<Models>, Name extends keyof Models, Path> = Observing<
  Models,
  Name,
  Path
> & {
  /** It is called for what the policy of the model has dealt with, and not before. */
  readonly after_policy?: boolean
  /** The fields that it reads: an edit of none of them does not call it. Without a list: all. */
  readonly fields?: readonly FieldOf<Models, Name>[]
}

/** The fields that what a step returns names. */
type NamedBy<Returned> =
  Awaited<Returned> extends infer Value ? (Value extends object ? keyof Value : never) : never

declare const mistake: unique symbol

/** Nothing is of this type: it makes the compiler name the field that is none that a step may write. */
type NotAFeedbackField<Name> = { readonly [mistake]: Name }

type OnlyFeedback<Returned, Feedback> = [Exclude<NamedBy<Returned>, keyof Feedback>] extends [never]
  ? Returned
  : NotAFeedbackField<Exclude<NamedBy<Returned>, keyof Feedback>>

type Methods<Record, Client, Feedback, Returned> = {
  sync_record(o: Record, context: StepContext<Client>): Returned & OnlyFeedback<Returned, Feedback>
  delete_record(o: Record, context: StepContext<Client>): MaybeLater<Nothing>
}

declare const given: unique symbol

/** A class may narrow the parameters of its methods. It cannot narrow this, which no type of its author is. */
type Exactly<Record> = Record & { readonly [given]: Record }

/** A class does not infer what its methods return, so the fields that are no feedback are ruled out one by one. */
type Patch<Record, Feedback> = Feedback & {
  readonly [Name in Exclude<keyof Record, keyof Feedback>]?: never
}

/** A step as an object; see {@link TypedSteps.defineStep}. An interface, so that declarations name it in short. */
export interface DefinedStep<
  Models extends KnownModels<Models>,
  Name extends keyof Models & string,
  Path,
> extends Step<LeafRecordOf<Models, Name, Path>, CoreClient<Models>> {
  readonly observes: Name
}

/** A policy as an object; see {@link TypedSteps.definePolicy}. */
export interface DefinedPolicy<
  Models extends KnownModels<Models>,
  Name extends keyof Models & string,
  Path,
> extends Policy<LeafRecordOf<Models, Name, Path>, CoreClient<Models>> {
  readonly observes: Name
}

/** The base of a class that is a step; see {@link TypedSteps.stepClass}. */
export abstract class TypedStep<
  Models extends KnownModels<Models>,
  Name extends keyof Models & string,
  Path extends string,
> extends SyncStep<Exactly<LeafRecordOf<Models, Name, Path>>, CoreClient<Models>> {
  readonly observes: Name
  readonly include: readonly Path[]
  readonly filter: Filter | undefined
  readonly after_policy: boolean | undefined
  readonly fields: readonly FieldOf<Models, Name>[] | undefined
  abstract override sync_record(
    o: Exactly<LeafRecordOf<Models, Name, Path>>,
    context: StepContext<CoreClient<Models>>,
  ): MaybeLater<Nothing | Patch<LeafRecordOf<Models, Name, Path>, Models[Name]['feedback']>>
  abstract override delete_record(
    o: Exactly<LeafRecordOf<Models, Name, Path>>,
    context: StepContext<CoreClient<Models>>,
  ): MaybeLater<Nothing>

  constructor({ observes, include = [], filter, after_policy, fields }: About<Models, Name, Path>) {
    super()
    this.observes = observes
    this.include = include
    this.filter = filter
    this.after_policy = after_policy
    this.fields = fields
  }
}

/** The base of a class that is a policy; see {@link TypedSteps.policyClass}. */
export abstract class TypedPolicy<
  Models extends KnownModels<Models>,
  Name extends keyof Models & string,
  Path extends string,
> extends ModelPolicy {
  readonly observes: Name
  readonly include: readonly Path[]
  readonly filter: Filter | undefined
  handle_create?(
    o: Exactly<LeafRecordOf<Models, Name, Path>>,
    context: StepContext<CoreClient<Models>>,
  ): MaybeLater<Nothing>
  handle_update?(
    o: Exactly<LeafRecordOf<Models, Name, Path>>,
    context: StepContext<CoreClient<Models>>,
  ): MaybeLater<Nothing>
  handle_delete?(
    o: Exactly<LeafRecordOf<Models, Name, Path>>,
    context: StepContext<CoreClient<Models>>,
  ): MaybeLater<Nothing>

  constructor({ observes, include = [], filter }: Observing<Models, Name, Path>) {
    super()
    this.observes = observes
    this.include = include
    this.filter = filter
  }
}

/** How steps of known models are written. */
export type TypedSteps<Models extends KnownModels<Models>> = {
  /**
   * A step as an object. `o` has the fields of the model and the related records that `include` names, and no others;
   * what `sync_record` returns can name only feedback fields.
   *
   * @example
   * export default defineStep({
   *   observes: 'Color',
   *   include: ['page.site'],
   *   sync_record: (o) => ({ shade: `${o.page.site.name} ${o.name}` }),
   *   delete_record: () => undefined,
   * })
   */
  defineStep<
    Name extends keyof Models & string,
    Returned extends MaybeLater<Nothing | Models[Name]['feedback']>,
    Path extends PathOf<Models, Name> = never,
  >(
    step: About<Models, Name, Path> &
      Methods<
        LeafRecordOf<Models, Name, Path>,
        CoreClient<Models>,
        Models[Name]['feedback'],
        Returned
      >,
  ): DefinedStep<Models, Name, Path>

  /**
   * The base of a step as a class, for one that has more members than its two methods.
   *
   * @example
   * export default class SyncColor extends stepClass({ observes: 'Color', include: ['page'] }) {
   *   sync_record(o: Color<'page'>): ColorFeedback { ... }
   *   delete_record(o: Color<'page'>): void { ... }
   * }
   */
  stepClass<Name extends keyof Models & string, Path extends PathOf<Models, Name> = never>(
    about: About<Models, Name, Path>,
  ): abstract new () => TypedStep<Models, Name, Path>

  /**
   * A policy as an object, with at least one of the methods. `o` is as in a step.
   *
   * @example
   * export default definePolicy({
   *   observes: 'Page',
   *   async handle_create(o, { client }) {
   *     await client.upsert('Color', ['page_id'], { page: o, name: 'white' })
   *   },
   * })
   */
  definePolicy<Name extends keyof Models & string, Path extends PathOf<Models, Name> = never>(
    policy: Observing<Models, Name, Path> &
      Pick<
        Policy<LeafRecordOf<Models, Name, Path>, CoreClient<Models>>,
        'handle_create' | 'handle_update' | 'handle_delete'
      >,
  ): DefinedPolicy<Models, Name, Path>

  /**
   * The base of a policy as a class, for one that has more members than those methods.
   *
   * @example
   * export default class PagePolicy extends policyClass({ observes: 'Page' }) {
   *   override handle_delete(o: Page, { client }: StepContext<Client>): Promise<void> { ... }
   * }
   */
  policyClass<Name extends keyof Models & string, Path extends PathOf<Models, Name> = never>(
    about: Observing<Models, Name, Path>,
  ): abstract new () => TypedPolicy<Models, Name, Path>

  /**
   * An event step as an object, whose client knows the models.
   *
   * @example
   * export default defineEventStep({
   *   types: ['org.onos.port.*'],
   *   async process_event(event, { client, log }) { ... },
   * })
   */
  defineEventStep(step: EventStepLike<CoreClient<Models>>): EventStepLike<CoreClient<Models>>

  /**
   * A pull step as an object, whose client knows the models.
   *
   * @example
   * export default definePullStep({
   *   every: '30s',
   *   async pull_records({ client, signal }) { ... },
   * })
   */
  definePullStep(step: PullStepLike<CoreClient<Models>>): PullStepLike<CoreClient<Models>>
}

/** {@link TypedSteps} of the models whose types `syncstep generate types` wrote, which calls this. */
export const typedSteps = <Models extends KnownModels<Models>>(): TypedSteps<Models> => ({
  // The compiler does not see that feedback is fields.
  defineStep: (step) => step as unknown as DefinedStep<Models, never, never>,
  stepClass: (about) => {
    abstract class Base extends TypedStep<Models, never, never> {
      constructor() {
        super(about as never)
      }
    }
    return Base
  },
  definePolicy: (policy) => policy,
  policyClass: (about) => {
    abstract class Base extends TypedPolicy<Models, never, never> {
      constructor() {
        super(about as never)
      }
    }
    return Base
  },
  defineEventStep: (step) => step,
  definePullStep: (step) => step,
})
