import type { Policy } from './policies/syntax.ts'
import type { Span } from './source.ts'

/** Who may write a field: users, the step that syncs the record, or the core itself. */
export type FieldRole = 'declarative' | 'feedback' | 'bookkeeping'

export type ScalarType = 'string' | 'bool' | 'int32' | 'uint32' | 'int64' | 'float' | 'double'

/** What happens when a writer leaves the field out. `now`: the time of creation. */
export type DefaultValue =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'now' }
  /**
   * A named function of the original: `get_first_site`, or `"make_key()"`, which is a call. Names that nobody knows
   * default to null.
   */
  | { readonly kind: 'named'; readonly name: string; readonly call: boolean }

type FieldBase = {
  readonly name: string
  /** Name on the wire: `name`, `owner_id` for a link to one, `zones_ids` for a link to many. */
  readonly wireName: string
  /** Field number on the wire, the +100 rule applied (reference xproto.md b.3). */
  readonly wireNumber: number
  /** The model whose text declares the field. */
  readonly declaredIn: string
  readonly role: FieldRole
  /** Modifier `required`. */
  readonly required: boolean
  readonly nullable: boolean
  /** `null = False` is written out, which the wire repeats (reference xproto.md b.5). */
  readonly writtenNonNull: boolean
  /** May be the empty string. */
  readonly blank: boolean
  readonly default: DefaultValue | undefined
  readonly unique: boolean
  readonly indexed: boolean
  readonly guiHidden: boolean
  readonly help: string
  readonly span: Span
}

export type ScalarField = FieldBase & {
  readonly kind: 'scalar'
  readonly type: ScalarType
  /** `date` fields are strings in xproto, seconds since 1970 as a double on the wire. */
  readonly format: 'date' | 'url' | 'ip' | 'email' | 'stripped' | undefined
  readonly maxLength: number | undefined
  readonly text: boolean
  readonly choices: readonly { readonly value: string | null; readonly label: string }[] | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  readonly setOnCreate: boolean
}

export type LinkField = FieldBase & {
  readonly kind: 'link'
  readonly multiplicity: 'manytoone' | 'onetoone' | 'manytomany'
  /** Model the link points at. */
  readonly target: string
  /** Name of the reverse set in the target; undefined when there is none (`+`). */
  readonly peer: string | undefined
  /** Join table of a link to many, as written. */
  readonly through: string | undefined
}

export type Field = ScalarField | LinkField

/** The other side of a link: the records that point here. Read only. */
export type ReverseLink = {
  readonly name: string
  /** `ports_ids`. */
  readonly wireName: string
  readonly wireNumber: number
  /** The model that declares the link, and the link's name there. */
  readonly source: string
  readonly field: string
  readonly multiplicity: LinkField['multiplicity']
  /** Its place among the reverse sets of the model when they stand as the texts declare them. */
  readonly place: number
}

export type Model = {
  readonly name: string
  /** REST path segment and content type prefix: option `name`, else `app_label`. */
  readonly app: string
  /** `HelloWorldServices`; REST uses it in lower case. */
  readonly plural: string
  /** `/xosapi/v1/hello-world/helloworldservices`. */
  readonly restPath: string
  /** `hello-world.helloworldservice`. */
  readonly contentType: string
  /** Itself first, then modelled ancestors up to XOSBase: `['HelloWorldService', 'Service', 'XOSBase']`. */
  readonly ancestry: readonly string[]
  /** The ancestor whose ids it shares: the topmost that is not abstract (itself for a core model). */
  readonly root: string
  /** True for XOSBase: it has no records. */
  readonly abstract: boolean
  /** Option `verbose_name`; undefined when there is none. */
  readonly verboseName: string | undefined
  /** Option `description`; empty when there is none. */
  readonly description: string
  /** Not shown in a GUI. */
  readonly guiHidden: boolean
  /**
   * Names of inherited fields that the faces leave out and the store keeps: `backend_status` and `backend_code` with
   * option `no_sync`, `policy_status` and `policy_code` with option `no_policy`.
   */
  readonly unpublished: ReadonlySet<string>
  /** Inherited and own, in wire order, without the implicit `id`. */
  readonly fields: readonly Field[]
  /** Inherited and own, in wire order. */
  readonly reverseLinks: readonly ReverseLink[]
  /** Wire names that find a record in a recipe; a nested list means one of them (reference core-api.md 7.3). */
  readonly toscaKeys: readonly (string | readonly string[])[]
  /** Groups of field names that are unique together: inherited groups first, each sorted. */
  readonly uniqueTogether: readonly (readonly string[])[]
  readonly ownerClassName: string | undefined
  /** Name of the attached access policy. */
  readonly policy: string | undefined
  readonly validators: readonly { readonly policy: string; readonly message: string }[]
  /** All options in force for the model, file options included, as written. */
  readonly options: ReadonlyMap<string, string>
  readonly span: Span
}

/** Everything the rest of the system knows about models. Immutable. */
export type Schema = {
  /** Sorted by name, case-insensitively. */
  readonly models: readonly Model[]
  /** Undefined when there is no such model. */
  model(name: string): Model | undefined
  /** The model and all that derive from it, itself included. */
  descendants(name: string): readonly Model[]
  readonly policies: ReadonlyMap<string, Policy>
}
