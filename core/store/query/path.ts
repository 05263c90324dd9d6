import { didYouMean, type Field, type Model, type Schema } from '#xproto'
import { CoreError } from '../../errors.ts'
import { fieldNamed } from '../field-sql.ts'
import { modelNamed } from '../read.ts'
import { isHidden } from '../row.ts'

/** One link of a path, followed to the records at its other side. */
export type Hop = {
  /** Tells the links of a model apart. */
  readonly name: string
  /** The link as the table `link` has it: declared where it starts. */
  readonly field: string
  /** The other side of the link: the records that link here. */
  readonly reverse: boolean
  /** The model reached. */
  readonly model: Model
}

const lookups = [
  'exact',
  'iexact',
  'contains',
  'icontains',
  'startswith',
  'istartswith',
  'endswith',
  'iendswith',
  'regex',
  'iregex',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'isnull',
] as const
export type Lookup = (typeof lookups)[number]

/** Where the name of a query element leads. */
export type Path = {
  readonly hops: readonly Hop[]
  /** The model at the end, and its field; undefined for `id`. */
  readonly model: Model
  readonly field: Field | undefined
  /** Undefined when the name ends with none. */
  readonly lookup: Lookup | undefined
}

/** Links in a row, at most. */
const maxHops = 8
const maxNameLength = 512

const shown = (name: string): string => (name.length > 60 ? `${name.slice(0, 57)}...` : name)

/** A query that cannot be asked, because of one of its names. */
export const badName = (name: string, message: string): CoreError =>
  new CoreError('INVALID_FIELD', message, { [shown(name)]: message })

const isMany = (field: Field): boolean =>
  field.kind === 'link' && field.multiplicity === 'manytomany'

const isId = (name: string | undefined): boolean => name === 'id' || name === 'pk'

const fieldOf = (model: Model, name: string): Field | undefined => {
  const field = fieldNamed(model, name)
  return field === undefined || isHidden(field.name) ? undefined : field
}

const hopFrom = (schema: Schema, model: Model, name: string): Hop | undefined => {
  const field = fieldOf(model, name)
  if (field?.kind === 'link') {
    const target = modelNamed(schema, field.target)
    return { name: field.name, field: field.name, reverse: false, model: target }
  }
  const reverse = model.reverseLinks.find((link) => link.name === name || link.wireName === name)
  if (reverse === undefined) return undefined
  const source = modelNamed(schema, reverse.source)
  return { name: reverse.name, field: reverse.field, reverse: true, model: source }
}

const namesOf = (model: Model): readonly string[] => [
  'id',
  ...model.fields.filter(({ name }) => !isHidden(name)).map(({ name }) => name),
  ...model.reverseLinks.map(({ name }) => name),
]

const unknownName = (model: Model, name: string, part: string): CoreError => {
  const hint = didYouMean(part, namesOf(model))
  const message = `${model.name} has no field or link named ${shown(part)}${hint}`
  return badName(name, message)
}

/** Link to one at the end: its value is an id, kept beside the record; `id` or `pk` behind it says the same. */
const isEnd = (model: Model, name: string, rest: readonly string[]): boolean => {
  if (isId(name)) return true
  const field = fieldOf(model, name)
  if (field === undefined || isMany(field)) return false
  if (field.kind === 'scalar' || field.wireName === name) return true
  return rest.length === 0 || (rest.length === 1 && isId(rest[0]))
}

const lookupOf = (name: string, rest: readonly string[]): Lookup | undefined => {
  const [word] = rest
  if (word === undefined) return undefined
  const lookup = lookups.find((known) => known === word)
  if (lookup !== undefined && rest.length === 1) return lookup
  const hint = didYouMean(word, lookups)
  throw badName(
    name,
    `${shown(name)}: expected a lookup such as icontains or gte at the end, got ${shown(rest.join('__'))}${hint}`,
  )
}

const withoutLookup = (parts: readonly string[]): readonly string[] => {
  const last = parts.at(-1)
  return lookups.some((lookup) => lookup === last) ? parts.slice(0, -1) : parts
}

/**
 * Reads the name of a query element: `name`, `owner_id`, `ports__name`, `owner__site__name__icontains`. Names are
 * Django's; a link to many and a set are followed by their names, and their ids are meant at the end.
 * Throws INVALID_FIELD.
 */
export const readPath = (schema: Schema, start: Model, name: string): Path => {
  if (name.length > maxNameLength) {
    throw badName(name, `Expected the name of a field, got ${name.length} characters`)
  }
  const parts = name.split('__')
  const path = withoutLookup(parts)
  const hops: Hop[] = []
  let model = start
  for (const [index, part] of parts.entries()) {
    const rest = path.slice(index + 1)
    if (isEnd(model, part, rest)) {
      const field = isId(part) ? undefined : fieldOf(model, part)
      const skipped = field?.kind === 'link' && isId(parts[index + 1]) ? 2 : 1
      return { hops, model, field, lookup: lookupOf(name, parts.slice(index + skipped)) }
    }
    const hop = hopFrom(schema, model, part)
    if (hop === undefined) throw unknownName(model, name, part)
    if (hops.length === maxHops) {
      throw badName(name, `${shown(name)}: expected at most ${maxHops} links in a row`)
    }
    hops.push(hop)
    model = hop.model
    if (rest.length === 0) {
      return { hops, model, field: undefined, lookup: lookupOf(name, parts.slice(index + 1)) }
    }
  }
  throw badName(name, 'Expected the name of a field, got nothing')
}
