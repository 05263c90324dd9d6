import type { Field, LinkField, Model, ScalarField, Schema } from '#xproto'
import { isColumn } from '../row.ts'

/** What changed for the records of one leaf model, as far as it concerns what they hold. Wire names throughout. */
export type Evolution = {
  readonly model: Model
  /** Values that records without one get. */
  readonly fills: Readonly<Record<string, string | number | boolean>>
  /** Fields that are new or hold other values than before: every record has to fit. */
  readonly altered: readonly Field[]
  /** Fields that became a link or ceased to be one: no record may hold a value of the old kind. */
  readonly replaced: readonly { readonly before: Field; readonly after: Field }[]
  /** Links that are gone: what they hold is put away. */
  readonly hiddenLinks: readonly LinkField[]
  /**
   * Links that are new, or were gone: what was put away comes back. Where it was a plain number that everybody saw,
   * every record has to fit.
   */
  readonly shownLinks: readonly { readonly link: LinkField; readonly wasSeen: boolean }[]
  /** Links that lead to fewer models than before. */
  readonly narrowedLinks: readonly LinkField[]
}

/** Fields that live in `record.fields` or in the table `link`. */
const keptFields = (model: Model): readonly Field[] =>
  model.fields.filter(({ name }) => !isColumn(name) && name !== 'leaf_model_name')

const isLink = (field: Field): field is LinkField => field.kind === 'link'

export const isToMany = (field: Field): boolean =>
  isLink(field) && field.multiplicity === 'manytomany'

const demandsOf = (field: Field): unknown => {
  if (isLink(field)) return [field.nullable]
  const { type, format, maxLength, choices, min, max, nullable, blank }: ScalarField = field
  const values = choices?.map(({ value }) => value)
  return [type, format, maxLength, values, min, max, nullable, blank]
}

const demandsTheSame = (before: Field, after: Field): boolean =>
  before.kind === after.kind &&
  JSON.stringify(demandsOf(before)) === JSON.stringify(demandsOf(after))

/**
 * The value that a record gets which has none. Only for a field that is new or may be null no longer: elsewhere,
 * null is what somebody wrote.
 */
const fillOf = (
  before: Field | undefined,
  after: Field,
  now: number,
): string | number | boolean | undefined => {
  const isDue = before === undefined || (before.nullable && !after.nullable)
  if (!isDue || isLink(after)) return undefined
  if (after.setOnCreate || after.default?.kind === 'now') return now / 1e6
  return after.default?.kind === 'value' ? (after.default.value ?? undefined) : undefined
}

const leadsToFewer = (
  { target: from }: LinkField,
  { target: to }: LinkField,
  schemas: { readonly before: Schema; readonly after: Schema },
): boolean => {
  const still = new Set(schemas.after.descendants(to).map(({ name }) => name))
  return schemas.before.descendants(from).some(({ name }) => !still.has(name))
}

/**
 * What records of the model live through when the schemas change.
 *
 * @param now microseconds since 1970
 */
export const evolutionOf = (
  schemas: { readonly before: Schema; readonly after: Schema },
  before: Model,
  after: Model,
  now: number,
): Evolution => {
  const old = keptFields(before)
  const fresh = keptFields(after)
  const oldByWireName = new Map(old.map((field) => [field.wireName, field]))
  const linkIn = (fields: readonly Field[], { wireName, name }: LinkField): LinkField | undefined =>
    fields.filter(isLink).find((other) => other.wireName === wireName && other.name === name)

  const fills = fresh.flatMap((field) => {
    const value = fillOf(oldByWireName.get(field.wireName), field, now)
    return value === undefined ? [] : [[field.wireName, value] as const]
  })
  return {
    model: after,
    fills: Object.fromEntries(fills),
    altered: fresh.filter((field) => {
      if (isToMany(field)) return false
      const known = oldByWireName.get(field.wireName)
      return known === undefined || !demandsTheSame(known, field)
    }),
    replaced: fresh.flatMap((field) => {
      const known = old.find(({ name }) => name === field.name)
      const isSame = known === undefined || known.wireName === field.wireName
      return isSame ? [] : [{ before: known, after: field }]
    }),
    hiddenLinks: old.filter(isLink).filter((link) => linkIn(fresh, link) === undefined),
    shownLinks: fresh
      .filter(isLink)
      .filter((link) => linkIn(old, link) === undefined)
      .map((link) => ({ link, wasSeen: oldByWireName.has(link.wireName) })),
    narrowedLinks: fresh.filter(isLink).filter((link) => {
      const known = linkIn(old, link)
      return known !== undefined && leadsToFewer(known, link, schemas)
    }),
  }
}
