import type { KnownModels, Many } from './model-types.ts'

/** Models whose fields are not typed. */
export type AnyModels = {
  readonly [model: string]: {
    readonly fields: { readonly id: number; readonly [field: string]: unknown }
    readonly links: object
    readonly feedback: object
    readonly leaves: string
  }
}

export type NameOf<Models> = keyof Models & string

type FieldsOf<
  Models extends KnownModels<Models>,
  Name extends NameOf<Models>,
> = Models[Name]['fields']

/**
 * A record as the core answers it: its fields, of which null ones are absent. A record that is asked for as a model from
 * which others derive may be one of theirs, and has the fields of that model alone.
 */
export type StoredOf<
  Models extends KnownModels<Models>,
  Name extends NameOf<Models>,
> = string extends keyof FieldsOf<Models, Name>
  ? FieldsOf<Models, Name>
  : 'leaf_model_name' extends keyof FieldsOf<Models, Name>
    ? Omit<FieldsOf<Models, Name>, 'leaf_model_name'> & {
        readonly leaf_model_name: Models[Name]['leaves']
      }
    : FieldsOf<Models, Name>

/** The id of a record that an earlier operation of the same transaction creates. */
type PlannedId = { readonly $ref: number }

/** Stands for a record where only its id counts: a record, or one that a transaction is about to write. */
export type Linked = { readonly id: number | PlannedId }

/** What only the core knows. */
type Fixed =
  'id' | 'class_names' | 'self_content_type_id' | 'leaf_model_name' | 'created' | 'updated'

/** A field that may be null is absent then. */
type NullOf<Value> = undefined extends Value ? null : never

type IdsOf<Field> = Field extends `${string}_id` ? PlannedId : never

/** Links whose ids a field of the record has: those that start at it. */
type ForwardLink<Fields, Links> = {
  [Link in keyof Links & string]: `${Link}_id` | `${Link}_ids` extends infer Ids
    ? Ids & keyof Fields extends never
      ? never
      : Link
    : never
}[keyof Links & string]

type LinkValues<Fields, Links> = {
  readonly [Link in ForwardLink<Fields, Links> & keyof Links]?: Links[Link] extends Many<unknown>
    ? readonly Linked[]
    : Linked
}

/**
 * What is written of a record: fields by their names on the wire, null to clear one. A link may be given as the record
 * that it leads to: `owner: service` stands for `owner_id: service.id`.
 */
export type ValuesOf<Models extends KnownModels<Models>, Name extends NameOf<Models>> = {
  readonly [Field in Exclude<keyof FieldsOf<Models, Name>, Fixed>]?:
    FieldsOf<Models, Name>[Field] | NullOf<FieldsOf<Models, Name>[Field]> | IdsOf<Field>
} & LinkValues<FieldsOf<Models, Name>, Models[Name]['links']>

type Comparison = 'gt' | 'gte' | 'lt' | 'lte' | 'iexact' | 'contains' | 'icontains' | 'startswith'

/**
 * What records have to have, all of it: values of fields, null for none; comparisons such as `size__gt`; links as the
 * records that they lead to.
 */
export type FilterOf<Models extends KnownModels<Models>, Name extends NameOf<Models>> = {
  readonly [Field in keyof FieldsOf<Models, Name> & string as Field | `${Field}__${Comparison}`]?:
    FieldsOf<Models, Name>[Field] | null
} & {
  readonly [Link in ForwardLink<FieldsOf<Models, Name>, Models[Name]['links']>]?: {
    readonly id: number
  } | null
}

/** Fields to order by; `-name` is descending. */
export type OrderOf<Models extends KnownModels<Models>, Name extends NameOf<Models>> =
  (keyof FieldsOf<Models, Name> & string) | `-${keyof FieldsOf<Models, Name> & string}`
