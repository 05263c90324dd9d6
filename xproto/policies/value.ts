import {
  allOf,
  anyOf,
  constant,
  contains,
  equals,
  exists,
  not,
  present,
  type FieldOperand,
  type Filter,
  type Operand,
  type Scalar,
} from './filter.ts'
import type { Models, SetMember } from './models.ts'
import type { PolicyRecord } from './port.ts'

/** A record that is not at hand: a row of a filter, or where links lead from it. */
export type Row = {
  readonly kind: 'row'
  readonly row: number
  readonly links: readonly string[]
  readonly model: string
}

/** What a term of a policy stands for, as far as it is known. */
export type Value =
  | { readonly kind: 'scalar'; readonly value: Scalar | null }
  | { readonly kind: 'record'; readonly record: PolicyRecord }
  | Row
  | {
      readonly kind: 'field'
      readonly operand: FieldOperand
      readonly type: 'string' | 'number' | 'boolean'
    }
  /** The owner is undefined when it is not stored: then the set is empty. */
  | { readonly kind: 'set'; readonly set: SetMember; readonly owner: Operand | undefined }
  /** True or false, depending on a row. */
  | { readonly kind: 'filter'; readonly filter: Filter }

export const nothing: Value = { kind: 'scalar', value: null }

export const scalar = (value: unknown): Value =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? { kind: 'scalar', value }
    : nothing

const valueOperand = (value: Scalar): Operand => ({ kind: 'value', value })

export const idOfRow = ({ row, links }: Row): FieldOperand => ({
  kind: 'field',
  row,
  links,
  field: 'id',
})

export const idOf = ({ id }: PolicyRecord): Operand | undefined =>
  id === null ? undefined : valueOperand(id)

const fieldOf = (row: number, link?: string): FieldOperand => ({
  kind: 'field',
  row,
  links: link === undefined ? [] : [link],
  field: 'id',
})

const linked = ({ declaredIn, link, reverse }: SetMember, owner: Operand, member: Operand) => ({
  kind: 'linked' as const,
  model: declaredIn,
  link,
  from: reverse ? member : owner,
  to: reverse ? owner : member,
})

/** Records that link to the owner, as `row`. */
const holdsFor = (set: SetMember, owner: Operand, row: number): Filter =>
  set.toMany ? linked(set, owner, fieldOf(row)) : equals(fieldOf(row, set.link), owner)

const isInhabited = (set: SetMember, owner: Operand | undefined, row: number): Filter =>
  owner === undefined ? constant(false) : exists(set.target, row, holdsFor(set, owner, row))

const isMember = (set: SetMember, owner: Operand, member: Operand, row: number): Filter =>
  set.toMany
    ? linked(set, owner, member)
    : exists(set.target, row, allOf([equals(fieldOf(row), member), holdsFor(set, owner, row)]))

const isFieldTrue = ({ operand, type }: Extract<Value, { kind: 'field' }>): Filter => {
  if (type === 'boolean') return equals(operand, valueOperand(true))
  const empty = valueOperand(type === 'string' ? '' : 0)
  return allOf([present(operand), not(equals(operand, empty))])
}

/** Null, 0, the empty text and the empty set are false; a record is true. `row` is free for a filter to use. */
export const isTrue = (value: Value, row: number): Filter => {
  switch (value.kind) {
    case 'scalar':
      return constant(Boolean(value.value))
    case 'record':
      return constant(true)
    case 'row':
      return present(idOfRow(value))
    case 'field':
      return isFieldTrue(value)
    case 'set':
      return isInhabited(value.set, value.owner, row)
    case 'filter':
      return value.filter
  }
}

const isUnknown = (value: Value): boolean =>
  value.kind === 'filter' && value.filter.kind === 'unknown'

/** The identity of a record; undefined when it has none, or when this is no record. */
const identityOf = (value: Value): { readonly model: string; readonly id: Operand } | undefined => {
  if (value.kind === 'row') return { model: value.model, id: idOfRow(value) }
  if (value.kind !== 'record') return undefined
  const id = idOf(value.record)
  return id === undefined ? undefined : { model: value.record.model, id }
}

/** Something that a store compares by value; undefined for null and for all else. */
const comparable = (
  value: Value,
): { readonly type: string; readonly operand: Operand } | undefined => {
  if (value.kind === 'field') return value
  if (value.kind !== 'scalar' || value.value === null) return undefined
  return { type: typeof value.value, operand: valueOperand(value.value) }
}

/** A flag: true when it is known to be true, false when it is known to be false. Null is neither. */
const flagOf = (value: Value): { readonly yes: Filter; readonly no: Filter } | undefined => {
  if (value.kind === 'filter') return { yes: value.filter, no: not(value.filter) }
  const flag = comparable(value)
  if (flag?.type !== 'boolean') return undefined
  const { operand } = flag
  return { yes: equals(operand, valueOperand(true)), no: equals(operand, valueOperand(false)) }
}

/** `left = right`: both have a value, and it is the same. */
export const areEqual = (models: Models, left: Value, right: Value): Filter => {
  if (isUnknown(left)) return isTrue(left, 0)
  if (isUnknown(right)) return isTrue(right, 0)
  if (left.kind === 'filter' || right.kind === 'filter') {
    const [first, second] = [flagOf(left), flagOf(right)]
    if (first === undefined || second === undefined) return constant(false)
    return anyOf([allOf([first.yes, second.yes]), allOf([first.no, second.no])])
  }
  const [record, other] = [identityOf(left), identityOf(right)]
  if (record !== undefined && other !== undefined) {
    const isFamily = models.rootOf(record.model) === models.rootOf(other.model)
    return isFamily ? equals(record.id, other.id) : constant(false)
  }
  const [value, second] = [comparable(left), comparable(right)]
  if (value === undefined || second?.type !== value.type) return constant(false)
  return equals(value.operand, second.operand)
}

/** `left in right`: a record in a set, or a text in a text. */
export const isIn = (models: Models, left: Value, right: Value, row: number): Filter => {
  if (isUnknown(left)) return isTrue(left, row)
  if (isUnknown(right)) return isTrue(right, row)
  if (right.kind === 'set') {
    const member = identityOf(left)
    if (member === undefined || right.owner === undefined) return constant(false)
    const isFamily = models.rootOf(member.model) === models.rootOf(right.set.target)
    return isFamily ? isMember(right.set, right.owner, member.id, row) : constant(false)
  }
  const [part, text] = [comparable(left), comparable(right)]
  if (part?.type !== 'string' || text?.type !== 'string') return constant(false)
  return contains(text.operand, part.operand)
}
