import type { KnownModels, LeafRecordOf, PathOf } from './model-types.ts'
import { SyncStep, type MaybeLater, type Nothing, type Step, type StepContext } from './step.ts'

/** What a step observes and reads. */
type About<Name, Path> = {
  /** The leaf model whose records the step takes care of. */
  readonly observes: Name
  /** Related records it reads: `owner`, `owner.site`; reverse sets such as `ports`. */
  readonly include?: readonly Path[]
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

type Methods<Record, Feedback, Returned> = {
  sync_record(o: Record, context: StepContext): Returned & OnlyFeedback<Returned, Feedback>
  delete_record(o: Record, context: StepContext): MaybeLater<Nothing>
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
> extends Step<LeafRecordOf<Models, Name, Path>> {
  readonly observes: Name
}

/** The base of a class that is a step; see {@link TypedSteps.stepClass}. */
export abstract class TypedStep<
  Models extends KnownModels<Models>,
  Name extends keyof Models & string,
  Path extends string,
>
  extends SyncStep<Exactly<LeafRecordOf<Models, Name, Path>>>
  implements Step<Exactly<LeafRecordOf<Models, Name, Path>>>
{
  readonly observes: Name
  readonly include: readonly Path[]
  abstract override sync_record(
    o: Exactly<LeafRecordOf<Models, Name, Path>>,
    context: StepContext,
  ): MaybeLater<Nothing | Patch<LeafRecordOf<Models, Name, Path>, Models[Name]['feedback']>>
  abstract override delete_record(
    o: Exactly<LeafRecordOf<Models, Name, Path>>,
    context: StepContext,
  ): MaybeLater<Nothing>

  constructor({ observes, include = [] }: About<Name, Path>) {
    super()
    this.observes = observes
    this.include = include
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
    step: About<Name, Path> &
      Methods<LeafRecordOf<Models, Name, Path>, Models[Name]['feedback'], Returned>,
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
    about: About<Name, Path>,
  ): abstract new () => TypedStep<Models, Name, Path>
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
})
