/** What the types that `syncstep generate types` writes say of one model. */
type ModelTypes = {
  /** The fields of a record, by their names on the wire. */
  readonly fields: object
  /** Where its links and reverse sets lead, by name: {@link One}, {@link OneOrNone} or {@link Many}. */
  readonly links: object
  /** The fields that its step may write. */
  readonly feedback: object
  /** The names of the models whose records a link to the model may lead to. */
  readonly leaves: string
}

/** What is known of all models, by name. */
export type KnownModels<Models> = { readonly [Name in keyof Models]: ModelTypes }

/**
 * A model as tests name it, with what its records have unless a test says otherwise: see `record` of `syncstep/testing`.
 */
export type ModelBlank<Known> = {
  readonly model: string
  readonly blank: Known
}

// Links name where they lead, so that a path needs three levels of types and not all of them.

/** A link that always leads to a record. */
export type One<To> = { readonly leadsTo: To; readonly as: 'one' }

/** A link that may be null. */
export type OneOrNone<To> = { readonly leadsTo: To; readonly as: 'one or none' }

/** A link to many, or a reverse set. */
export type Many<To> = { readonly leadsTo: To; readonly as: 'many' }

type LeavesOf<Models extends KnownModels<Models>, Name> = Name extends keyof Models
  ? Models[Name]['leaves']
  : never

type LinksOf<Models extends KnownModels<Models>, Name> = Name extends keyof Models
  ? Models[Name]['links']
  : never

type Below = { readonly 3: 2; readonly 2: 1 }

/** The links of a model that a path can go on with: not to a set, when it has come to one before. */
type NextLinks<Models extends KnownModels<Models>, Name, BeyondSet> = {
  [Link in keyof LinksOf<Models, Name> & string]: LinksOf<Models, Name>[Link] extends Many<unknown>
    ? BeyondSet extends true
      ? never
      : Link
    : Link
}[keyof LinksOf<Models, Name> & string]

type PathBeyond<
  Models extends KnownModels<Models>,
  Link,
  Depth,
  BeyondSet,
> = Depth extends keyof Below
  ? Link extends One<infer To> | OneOrNone<infer To>
    ? PathFrom<Models, LeavesOf<Models, To>, Below[Depth], BeyondSet>
    : Link extends Many<infer To>
      ? PathFrom<Models, LeavesOf<Models, To>, Below[Depth], true>
      : never
  : never

type PathFrom<
  Models extends KnownModels<Models>,
  Name,
  Depth,
  BeyondSet,
> = Name extends keyof Models
  ? {
      [Link in NextLinks<Models, Name, BeyondSet>]:
        Link | `${Link}.${PathBeyond<Models, LinksOf<Models, Name>[Link], Depth, BeyondSet>}`
    }[NextLinks<Models, Name, BeyondSet>]
  : never

/**
 * The include paths from records of the model or of those that derive from it: at most three links in a row, of which
 * one may lead to a set.
 */
export type PathOf<Models extends KnownModels<Models>, Name extends keyof Models> = PathFrom<
  Models,
  LeavesOf<Models, Name>,
  3,
  false
>

type FirstOf<Path> = Path extends `${infer Link}.${string}` ? Link : Path
type RestOf<Path, Link extends string> = Path extends `${Link}.${infer Rest}` ? Rest : never

type FirstLinks<Path> = Path extends `${infer First}.${infer Second}.${string}`
  ? First | `${First}.${Second}` | Path
  : FirstOf<Path> | Path

/** No record has it. */
declare const included: unique symbol

/** The compiler does not compare what is nested deeply; this makes it see which record has more of the others. */
type Including<Path> = {
  readonly [included]?: { readonly [Of in FirstLinks<Path> & string]: true }
}

type EndOf<Models extends KnownModels<Models>, Link, Path> =
  Link extends One<infer To>
    ? RecordFrom<Models, LeavesOf<Models, To>, Path>
    : Link extends OneOrNone<infer To>
      ? RecordFrom<Models, LeavesOf<Models, To>, Path> | null
      : Link extends Many<infer To>
        ? readonly RecordFrom<Models, LeavesOf<Models, To>, Path>[]
        : never

type RecordFrom<Models extends KnownModels<Models>, Name, Path> = Name extends keyof Models
  ? Models[Name]['fields'] &
      Including<Path> & { readonly leaf_model: RecordFrom<Models, Name, Path> } & {
        readonly [Link in keyof LinksOf<Models, Name> & FirstOf<Path> & string]: EndOf<
          Models,
          LinksOf<Models, Name>[Link],
          RestOf<Path, Link>
        >
      }
  : never

/**
 * A record as a step sees it: its fields (null ones are absent), and the related records on the given include paths.
 * A record of a model from which others derive may be one of theirs: `leaf_model_name` tells which.
 */
export type ExpandedRecordOf<
  Models extends KnownModels<Models>,
  Name extends keyof Models,
  Path,
> = RecordFrom<Models, LeavesOf<Models, Name>, Path>

/** A record of exactly that model. */
export type LeafRecordOf<
  Models extends KnownModels<Models>,
  Name extends keyof Models,
  Path,
> = RecordFrom<Models, Name, Path>
