import type { FieldOperand, Filter, LinkField, Model, Operand, Schema } from '#xproto'
import { fieldNamed, fieldSql, idSql, type FieldSql } from './field-sql.ts'
import { quoted, type Parameters } from './parameters.ts'

/** A record that a filter speaks about: a row of the statement. */
type FilterRow = { readonly alias: string; readonly model: Model }

type FilterContext = {
  readonly schema: Schema
  readonly parameters: Parameters
  readonly rows: ReadonlyMap<number, FilterRow>
}

type ValueOperand = Extract<Operand, { kind: 'value' }>
type Leaf = Extract<Filter, { kind: 'equals' | 'contains' | 'present' | 'linked' }>
type Exists = Extract<Filter, { kind: 'exists' }>

/** A side of a comparison, and the rows that have to be joined to get there. */
type Side =
  | { readonly kind: 'value'; readonly value: ValueOperand['value'] }
  | {
      readonly kind: 'field'
      readonly end: FieldSql
      readonly joins: readonly string[]
      readonly conditions: readonly string[]
    }

const modelOf = (schema: Schema, name: string): Model => {
  const model = schema.model(name)
  if (model === undefined) throw new TypeError(`A filter names the model ${name}`)
  return model
}

const linkOf = (model: Model, name: string): LinkField => {
  const field = fieldNamed(model, name)
  if (field?.kind === 'link') return field
  throw new TypeError(`A filter follows ${name} of ${model.name}`)
}

const endOf = (alias: string, model: Model, name: string): FieldSql => {
  if (name === 'id') return idSql(alias)
  const field = fieldNamed(model, name)
  if (field === undefined) throw new TypeError(`A filter reads ${name} of ${model.name}`)
  return fieldSql(alias, field)
}

/** The field at the end of a path, whose joins begin their names with `prefix`. */
const fieldSide = (context: FilterContext, operand: FieldOperand, prefix: string): Side => {
  const start = context.rows.get(operand.row)
  if (start === undefined) throw new TypeError(`A filter asks for row ${operand.row}`)
  const joins: string[] = []
  const conditions: string[] = []
  let { model } = start
  let id = `${start.alias}.id`
  for (const [index, name] of operand.links.entries()) {
    const alias = `${prefix}${index}`
    const target = modelOf(context.schema, linkOf(model, name).target)
    joins.push(`link ${alias}`)
    conditions.push(
      `${alias}.source_root = ${quoted(model.root)} and ${alias}.source_id = ${id}`,
      `${alias}.field = ${quoted(name)} and ${alias}.target_root = ${quoted(target.root)}`,
    )
    id = `${alias}.target_id`
    model = target
  }
  if (joins.length === 0) {
    return { kind: 'field', end: endOf(start.alias, model, operand.field), joins, conditions }
  }
  if (operand.field === 'id') {
    const last = `${prefix}${operand.links.length - 1}`
    return { kind: 'field', end: idSql(last, 'target_id'), joins, conditions }
  }
  const alias = `${prefix}r`
  joins.push(`record ${alias}`)
  conditions.push(`${alias}.root = ${quoted(model.root)} and ${alias}.id = ${id}`)
  return { kind: 'field', end: endOf(alias, model, operand.field), joins, conditions }
}

const sideOf = (context: FilterContext, operand: Operand, prefix: string): Side =>
  operand.kind === 'value' ? operand : fieldSide(context, operand, prefix)

/** A condition on the ends of paths: where a path leads nowhere, it does not hold. */
const joined = (sides: readonly Side[], condition: string): string => {
  const fields = sides.filter((side) => side.kind === 'field')
  const joins = fields.flatMap((side) => side.joins)
  if (joins.length === 0) return condition
  const conditions = [...fields.flatMap((side) => side.conditions), condition]
  return `exists (select from ${joins.join(', ')} where ${conditions.join(' and ')})`
}

const jsonOf = ({ parameters }: FilterContext, side: Side): string =>
  side.kind === 'value' ? `${parameters.bind(JSON.stringify(side.value))}::jsonb` : side.end.json

const textOf = ({ parameters }: FilterContext, side: Side): string =>
  side.kind === 'value' ? `${parameters.bind(String(side.value))}::text` : side.end.text

/** An integer that an index may know; undefined for anything else. */
const integerOf = ({ parameters }: FilterContext, side: Side): string | undefined => {
  if (side.kind === 'field') return side.end.kind === 'number' ? side.end.column : undefined
  if (!Number.isSafeInteger(side.value)) return undefined
  return `${parameters.bind(side.value)}::bigint`
}

const equalSides = (context: FilterContext, left: Side, right: Side): string => {
  const sides = [left, right]
  const areIntegers = sides.every((side) =>
    side.kind === 'field'
      ? side.end.kind === 'number' && side.end.column !== undefined
      : Number.isSafeInteger(side.value),
  )
  const compared = sides.map((side) =>
    areIntegers ? integerOf(context, side) : jsonOf(context, side),
  )
  return compared.join(' = ')
}

const linkedSql = (
  context: FilterContext,
  { model: name, link, from, to }: Extract<Filter, { kind: 'linked' }>,
): string => {
  const { schema, parameters } = context
  const model = modelOf(schema, name)
  const target = modelOf(schema, linkOf(model, link).target)
  const leaves = schema.descendants(name).map((leaf) => leaf.name)
  const sides = [sideOf(context, from, 'f'), sideOf(context, to, 'g')] as const
  const source: Side = { kind: 'field', end: idSql('m', 'source_id'), joins: [], conditions: [] }
  const end: Side = { kind: 'field', end: idSql('m', 'target_id'), joins: [], conditions: [] }
  return joined(
    sides,
    `exists (select from link m join record s on s.root = m.source_root and s.id = m.source_id
      where m.source_root = ${quoted(model.root)} and m.field = ${quoted(link)}
        and m.target_root = ${quoted(target.root)} and s.leaf = any(${parameters.bind(leaves)}::text[])
        and ${equalSides(context, source, sides[0])} and ${equalSides(context, end, sides[1])})`,
  )
}

const leafSql = (context: FilterContext, filter: Leaf): string => {
  switch (filter.kind) {
    case 'equals': {
      const [left, right] = [sideOf(context, filter.left, 'f'), sideOf(context, filter.right, 'g')]
      return joined([left, right], equalSides(context, left, right))
    }
    case 'contains': {
      const [text, part] = [sideOf(context, filter.text, 'f'), sideOf(context, filter.part, 'g')]
      const found = `strpos(${textOf(context, text)}, ${textOf(context, part)}) > 0`
      return joined([text, part], found)
    }
    case 'present': {
      const side = sideOf(context, filter.operand, 'f')
      return joined([side], `${textOf(context, side)} is not null`)
    }
    case 'linked':
      return linkedSql(context, filter)
  }
}

const existsSql = (context: FilterContext, { model: name, row, where }: Exists): string => {
  const model = modelOf(context.schema, name)
  const alias = `p${row}`
  const leaves = context.schema.descendants(name).map((leaf) => leaf.name)
  const rows = new Map([...context.rows, [row, { alias, model }]])
  return `exists (select from record ${alias}
    where ${alias}.root = ${quoted(model.root)}
      and ${alias}.leaf = any(${context.parameters.bind(leaves)}::text[])
      and not ${alias}.deleted and ${filterSql({ ...context, rows }, where)})`
}

/**
 * A filter without unknowns as a condition on the given rows. Null counts as false; only below a `not` is there a
 * difference, which is made there, so that the database may turn the rest into joins.
 */
export const filterSql = (context: FilterContext, filter: Filter): string => {
  switch (filter.kind) {
    case 'constant':
      return String(filter.value)
    case 'and':
    case 'or':
      return `(${filter.filters.map((part) => filterSql(context, part)).join(` ${filter.kind} `)})`
    case 'not':
      return `not coalesce(${filterSql(context, filter.filter)}, false)`
    case 'exists':
      return existsSql(context, filter)
    case 'unknown':
      throw new TypeError(`A filter is not known: ${filter.reason}`)
    case 'equals':
    case 'contains':
    case 'present':
    case 'linked':
      return leafSql(context, filter)
  }
}
