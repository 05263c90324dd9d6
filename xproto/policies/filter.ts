/** A value of a record: what the store keeps in one column. Dates are seconds since 1970. */
export type Scalar = string | number | boolean

/** A value that is known, or a field of one of the rows at hand. */
export type Operand = { readonly kind: 'value'; readonly value: Scalar } | FieldOperand

export type FieldOperand = {
  readonly kind: 'field'
  /** 0 is the record that the filter is about; each `exists` brings a row of its own. */
  readonly row: number
  /** Links to one, followed from the row in this order, also to a record that is being deleted. */
  readonly links: readonly string[]
  /** A scalar field of the record they lead to, or `id`. Null when one of the links is. */
  readonly field: string
}

/**
 * A condition on records that any store can check. Every part is either true or false, never null: what compares
 * null is false, and `not` turns that into true. In SQL, links are left joins and each leaf is `coalesce(..., false)`.
 */
export type Filter =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  /** Both have a value, and it is the same. The types are the same as well. */
  | { readonly kind: 'equals'; readonly left: Operand; readonly right: Operand }
  /** Both have a value, and the text holds the part, capitals and all. */
  | { readonly kind: 'contains'; readonly text: Operand; readonly part: Operand }
  /** The field has a value: `is not null`. */
  | { readonly kind: 'present'; readonly operand: FieldOperand }
  /** The link to many, declared in the model, leads from the record with the one id to that with the other. */
  | {
      readonly kind: 'linked'
      readonly model: string
      readonly link: string
      readonly from: Operand
      readonly to: Operand
    }
  /** There is a live record of the model, or of one that derives from it, for which the filter holds. */
  | {
      readonly kind: 'exists'
      readonly model: string
      /** How the filter below calls the record. Unique among the filters around it. */
      readonly row: number
      readonly where: Filter
    }
  /** Nothing is known: what cannot be said as a filter stood here. */
  | { readonly kind: 'unknown'; readonly reason: string }

export const constant = (value: boolean): Filter => ({ kind: 'constant', value })
export const unknown = (reason: string): Filter => ({ kind: 'unknown', reason })

export const isConstant = (filter: Filter, value: boolean): boolean =>
  filter.kind === 'constant' && filter.value === value

const combined = (kind: 'and' | 'or', filters: readonly Filter[]): Filter => {
  const deciding = kind === 'or'
  if (filters.some((filter) => isConstant(filter, deciding))) return constant(deciding)
  const firstUnknown = filters.find(({ kind: part }) => part === 'unknown')
  const open = filters.filter(
    (filter) =>
      filter.kind !== 'constant' && (filter.kind !== 'unknown' || filter === firstUnknown),
  )
  const [first] = open
  if (first === undefined) return constant(!deciding)
  return open.length === 1 ? first : { kind, filters: open }
}

export const allOf = (filters: readonly Filter[]): Filter => combined('and', filters)
export const anyOf = (filters: readonly Filter[]): Filter => combined('or', filters)

export const not = (filter: Filter): Filter => {
  if (filter.kind === 'constant') return constant(!filter.value)
  if (filter.kind === 'not') return filter.filter
  // Not knowing is the same either way.
  return filter.kind === 'unknown' ? filter : { kind: 'not', filter }
}

export const equals = (left: Operand, right: Operand): Filter =>
  left.kind === 'value' && right.kind === 'value'
    ? constant(left.value === right.value)
    : { kind: 'equals', left, right }

export const contains = (text: Operand, part: Operand): Filter =>
  text.kind === 'value' && part.kind === 'value'
    ? constant(String(text.value).includes(String(part.value)))
    : { kind: 'contains', text, part }

/** Every row has an id; only a link can be missing. */
export const present = (operand: FieldOperand): Filter =>
  operand.field === 'id' && operand.links.length === 0
    ? constant(true)
    : { kind: 'present', operand }

export const exists = (model: string, row: number, where: Filter): Filter =>
  isConstant(where, false) ? where : { kind: 'exists', model, row, where }

const partsOf = (filter: Filter): readonly Filter[] => {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.filters
  if (filter.kind === 'not') return [filter.filter]
  return filter.kind === 'exists' ? [filter.where] : []
}

/** Nothing in it is unknown. */
export const isExact = (filter: Filter): boolean =>
  filter.kind !== 'unknown' && partsOf(filter).every(isExact)

/**
 * The same filter with every unknown decided in favour of the record: it lets through at least what the whole
 * condition would, so that what is left can be checked one by one.
 */
export const prefilterOf = (filter: Filter): Filter => decided(filter, true)

const decided = (filter: Filter, unknowns: boolean): Filter => {
  switch (filter.kind) {
    case 'unknown':
      return constant(unknowns)
    case 'and':
      return allOf(filter.filters.map((part) => decided(part, unknowns)))
    case 'or':
      return anyOf(filter.filters.map((part) => decided(part, unknowns)))
    case 'not':
      return not(decided(filter.filter, !unknowns))
    case 'exists':
      return exists(filter.model, filter.row, decided(filter.where, unknowns))
    case 'constant':
    case 'equals':
    case 'contains':
    case 'present':
    case 'linked':
      return filter
  }
}
