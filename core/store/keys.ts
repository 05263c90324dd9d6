import type { Field, Model, Schema } from '#xproto'
import { CoreError, NotYetError } from '../errors.ts'
import type { Sql } from './database.ts'
import { quoted } from './parameters.ts'
import { isColumn, type RowKey } from './row.ts'

/**
 * Fields by whose values records are found, or in which no two live records of a model agree. The values stand in
 * the table `key`, beside the records: so a rule costs something when its fields are written, and nothing
 * when a status is.
 */
type KeyRule = {
  /** `Service name`, `Image name tag`. */
  readonly rule: string
  /** The model that states the rule; its descendants obey it as well. */
  readonly model: string
  /** Wire names. */
  readonly names: readonly string[]
  readonly is_unique: boolean
}

const ownFields = (model: Model) => model.fields.filter((field) => field.declaredIn === model.name)

/** Groups of the model itself; an ancestor's groups are the ancestor's rules. */
const ownGroups = (schema: Schema, model: Model): Model['uniqueTogether'] => {
  const inherited = new Set(
    model.ancestry
      .slice(1)
      .flatMap((ancestor) => schema.model(ancestor)?.uniqueTogether ?? [])
      .map((names) => names.join()),
  )
  return model.uniqueTogether.filter((names) => !inherited.has(names.join()))
}

const wireNameOf = (model: Model, name: string): string =>
  model.fields.find((field) => field.name === name)?.wireName ?? name

const isMany = (field: Field): boolean =>
  field.kind === 'link' && field.multiplicity === 'manytomany'

/** Two users of one login name would be one; the wire does not say that it is unique, so the model may not either. */
const isUnique = (field: Field): boolean =>
  field.unique || (field.declaredIn === 'User' && field.name === 'email')

const ownRules = (schema: Schema, model: Model): readonly KeyRule[] => {
  const ruleOf = (names: readonly string[], is_unique: boolean): KeyRule => ({
    rule: [model.name, ...names].join(' '),
    model: model.name,
    names,
    is_unique,
  })
  const fields = ownFields(model).filter((field) => !isColumn(field.name))
  const recipeKeys = new Set(model.toscaKeys.flat())
  return [
    ...fields.filter(isUnique).map(({ wireName }) => ruleOf([wireName], true)),
    ...ownGroups(schema, model).map((names) =>
      ruleOf(
        names.map((name) => wireNameOf(model, name)),
        true,
      ),
    ),
    ...fields
      .filter((field) => !isUnique(field) && !isMany(field))
      .filter(
        (field) => recipeKeys.has(field.wireName) || (field.indexed && field.kind === 'scalar'),
      )
      .map(({ wireName }) => ruleOf([wireName], false)),
  ]
}

/** All rules that a record of the model obeys, inherited ones first. */
const rulesOf = (schema: Schema, model: Model): readonly KeyRule[] =>
  model.ancestry.toReversed().flatMap((name) => {
    const ancestor = schema.model(name)
    return ancestor === undefined || ancestor.abstract ? [] : ownRules(schema, ancestor)
  })

/**
 * SQL that holds for at least the live records of the model whose field has a value, and finds them by their keys;
 * undefined when the field has none. `alias` names the record; `value` answers SQL too, and is asked once at most.
 */
export const keySql = (
  schema: Schema,
  model: Model,
  wireName: string,
  { alias, value }: { readonly alias: string; readonly value: () => string },
): string | undefined => {
  const rule = rulesOf(schema, model).find(
    ({ names }) => names.length === 1 && names[0] === wireName,
  )
  if (rule === undefined) return undefined
  const ids = `select k.id from key k
    where k.rule = ${quoted(rule.rule)} and k.value = md5(${value()}) and k.root = ${quoted(model.root)}`
  // Of one record the planner must not think that it is found sooner by looking at all.
  return rule.is_unique ? `${alias}.id = any(array(${ids}))` : `${alias}.id in (${ids})`
}

/** A value in the table `key`: always short, whatever the field holds. Null when a field of the rule is. */
const valueSql = `
  lateral (
    select case when bool_and(r.fields ->> n.name is not null)
      then md5(string_agg(r.fields ->> n.name, chr(31) order by n.place)) end as value
    from jsonb_array_elements_text(k.names) with ordinality n(name, place)
  ) v`

const taken = (rule: KeyRule): CoreError => {
  const names = rule.names.join(', ')
  return new CoreError(
    'DUPLICATE_KEY',
    `Another ${rule.model} already has this ${names}`,
    Object.fromEntries(rule.names.map((name) => [name, 'taken by another record'])),
  )
}

const shownIds = 10

/** A rule that the records at hand break already. */
const agreeing = (rule: KeyRule, groups: readonly { readonly ids: number[] }[]): CoreError => {
  const names = rule.names.join(', ')
  const shown: string[] = []
  let count = 0
  for (const { ids } of groups) {
    if (count >= shownIds) break
    shown.push(ids.slice(0, shownIds - count).join(', '))
    count += ids.length
  }
  const sentence = `Records of ${rule.model} have the same ${names}, which has to be unique: ${shown.join('; ')}. Change or delete all but one of each.`
  return new NotYetError(sentence, { [`${rule.model}.${names}`]: sentence })
}

/**
 * Writes the keys of a record that was created, or of which the named fields changed.
 * Throws DUPLICATE_KEY when another live record has a value that has to be unique.
 */
export const writeKeys = async (
  sql: Sql,
  schema: Schema,
  model: Model,
  { root, id }: RowKey,
  changed?: ReadonlySet<string>,
): Promise<void> => {
  const rules = rulesOf(schema, model).filter(
    ({ names }) => changed === undefined || names.some((name) => changed.has(name)),
  )
  if (rules.length === 0) return
  if (changed !== undefined) {
    await sql.query(`delete from key where root = $1 and id = $2 and rule = any($3)`, [
      root,
      id,
      rules.map(({ rule }) => rule),
    ])
  }
  const refused = await sql.query<{ rule: string }>(
    `with wanted as (
       select k.rule, v.value, k.is_unique
       from record r, jsonb_to_recordset($3::jsonb) k(rule text, names jsonb, is_unique boolean), ${valueSql}
       where r.root = $1 and r.id = $2 and v.value is not null
     ),
     written as (
       insert into key (rule, value, root, id, is_unique)
       select rule, value, $1, $2, is_unique from wanted
       on conflict (rule, value) where is_unique do nothing
       returning rule
     )
     select rule from wanted except select rule from written`,
    [root, id, JSON.stringify(rules)],
  )
  const rule = rules.find((candidate) => candidate.rule === refused[0]?.rule)
  if (rule !== undefined) throw taken(rule)
}

/** Frees the values of records that are deleted. */
export const dropKeys = async (sql: Sql, keys: readonly RowKey[]): Promise<void> => {
  await sql.query(
    `delete from key using jsonb_to_recordset($1::jsonb) k(root text, id int)
     where key.root = k.root and key.id = k.id`,
    [JSON.stringify(keys.map(({ root, id }) => ({ root, id })))],
  )
}

/**
 * Writes keys for rules that are new in the schema and forgets those it no longer has. Throws VALIDATION when
 * records stand in the way of a new unique rule.
 */
export const reconcileKeys = async (sql: Sql, schema: Schema): Promise<void> => {
  const wanted = schema.models
    .filter((model) => !model.abstract)
    .flatMap((model) => ownRules(schema, model))
  const known = await sql.query<{ rule: string; is_unique: boolean }>(
    `select rule, is_unique from key_rule`,
  )
  const same = (a: { rule: string; is_unique: boolean }, b: typeof a): boolean =>
    a.rule === b.rule && a.is_unique === b.is_unique
  const stale = known.filter((rule) => !wanted.some((other) => same(rule, other)))
  const fresh = wanted.filter((rule) => !known.some((other) => same(rule, other)))
  const staleNames = stale.map(({ rule }) => rule)
  if (staleNames.length > 0) {
    await sql.query(`delete from key where rule = any($1)`, [staleNames])
    await sql.query(`delete from key_rule where rule = any($1)`, [staleNames])
  }
  for (const rule of fresh) await addRule(sql, schema, rule)
}

/** Lets {@link reconcileKeys} write the keys anew that name these fields: their values were changed behind its back. */
export const forgetKeys = async (
  sql: Sql,
  schema: Schema,
  model: Model,
  wireNames: readonly string[],
): Promise<void> => {
  const rules = rulesOf(schema, model)
    .filter(({ names }) => names.some((name) => wireNames.includes(name)))
    .map(({ rule }) => rule)
  await sql.query(`delete from key where rule = any($1)`, [rules])
  await sql.query(`delete from key_rule where rule = any($1)`, [rules])
}

const addRule = async (sql: Sql, schema: Schema, rule: KeyRule): Promise<void> => {
  await sql.query(`insert into key_rule (rule, is_unique) values ($1, $2)`, [
    rule.rule,
    rule.is_unique,
  ])
  const leaves = schema.descendants(rule.model).map(({ name }) => name)
  const records = `
    from record r, jsonb_to_recordset($1::jsonb) k(rule text, names jsonb, is_unique boolean), ${valueSql}
    where r.leaf = any($2) and not r.deleted and v.value is not null`
  const parameters = [JSON.stringify([rule]), leaves]
  if (rule.is_unique) {
    const groups = await sql.query<{ ids: number[] }>(
      `select array_agg(r.id order by r.id) as ids ${records}
       group by v.value having count(*) > 1 order by min(r.id) limit 10`,
      parameters,
    )
    if (groups.length > 0) throw agreeing(rule, groups)
  }
  await sql.query(
    `insert into key (rule, value, root, id, is_unique)
     select k.rule, v.value, r.root, r.id, k.is_unique ${records}`,
    parameters,
  )
}
