import { createHash } from 'node:crypto'
import type { Model, Schema } from '#xproto'
import type { Database } from './database.ts'
import { isColumn } from './row.ts'

/** A rule that the database keeps: no two live records of the model have equal values in these fields. */
export type UniqueRule = { readonly model: string; readonly fields: readonly string[] }

const prefix = 'xproto_'

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const indexName = (definition: string): string =>
  prefix + createHash('sha256').update(definition).digest('hex').slice(0, 24)

const ownFields = (model: Model) => model.fields.filter((field) => field.declaredIn === model.name)

/** Groups of the model itself: a group of an ancestor is kept by the ancestor's index. */
const ownGroups = (schema: Schema, model: Model): Model['uniqueTogether'] => {
  const inherited = new Set(
    model.ancestry
      .slice(1)
      .flatMap((ancestor) => schema.model(ancestor)?.uniqueTogether ?? [])
      .map((names) => names.join()),
  )
  return model.uniqueTogether.filter((names) => !inherited.has(names.join()))
}

/** The rules that the model's own text states; its descendants obey them as well. */
const uniqueRules = (schema: Schema, model: Model): readonly UniqueRule[] => [
  ...ownFields(model)
    .filter((field) => field.unique && !isColumn(field.name))
    .map((field) => ({ model: model.name, fields: [field.wireName] })),
  ...ownGroups(schema, model).map((names) => ({
    model: model.name,
    fields: names.map(
      (name) => model.fields.find((field) => field.name === name)?.wireName ?? name,
    ),
  })),
]

/** Longest text, in characters, that surely fits an entry of a B-tree. */
const longestKey = 500

const expressions = (model: Model, fields: readonly string[]): string =>
  fields
    .map((name) => {
      const field = model.fields.find(({ wireName }) => wireName === name)
      const value = `fields ->> ${quoted(name)}`
      const isText = field?.kind === 'scalar' && field.type === 'string'
      const isLong = isText && (field.maxLength ?? Infinity) > longestKey
      return isLong ? `md5(${value})` : `(${value})`
    })
    .join(', ')

/** Which rows an index is about: one root, and below the root only the leaves that inherit the field. */
const scope = (schema: Schema, model: Model): string => {
  const root = `root = ${quoted(model.root)}`
  if (model.root === model.name) return root
  const leaves = schema.descendants(model.name).map(({ name }) => quoted(name))
  return `${root} and leaf in (${leaves.toSorted().join(', ')})`
}

/** Index definitions of the schema by index name; unique ones carry their rule. */
const wantedIndexes = (schema: Schema) => {
  const wanted = new Map<string, { readonly ddl: string; readonly rule: UniqueRule | undefined }>()
  const want = (definition: string, unique: boolean, rule: UniqueRule | undefined): void => {
    const name = indexName(`${unique ? 'unique ' : ''}${definition}`)
    const ddl = `create ${unique ? 'unique ' : ''}index "${name}" on record ${definition}`
    wanted.set(name, { ddl, rule })
  }
  for (const model of schema.models.filter((candidate) => !candidate.abstract)) {
    for (const rule of uniqueRules(schema, model)) {
      const scoped = `where ${scope(schema, model)} and not deleted`
      want(`(${expressions(model, rule.fields)}) ${scoped}`, true, rule)
    }
    const looked = ownFields(model).filter(
      (field) =>
        field.kind === 'scalar' &&
        !field.unique &&
        !isColumn(field.name) &&
        (field.indexed || model.toscaKeys.flat().includes(field.wireName)),
    )
    for (const field of looked) {
      // A hash index answers equality, which is all a lookup asks, and takes values of any length.
      const value = `((fields ->> ${quoted(field.wireName)}))`
      want(`using hash ${value} where ${scope(schema, model)}`, false, undefined)
    }
  }
  return wanted
}

/** The unique rule behind an index name, to explain a refused row. */
export const uniqueRuleOf = (schema: Schema, name: string): UniqueRule | undefined =>
  wantedIndexes(schema).get(name)?.rule

/** Makes the indexes that the schema asks for and drops those it no longer does. */
export const reconcileIndexes = async (
  sql: Pick<Database, 'query'>,
  schema: Schema,
): Promise<void> => {
  const wanted = wantedIndexes(schema)
  const present = await sql.query<{ indexname: string }>(
    `select indexname from pg_indexes where schemaname = current_schema() and indexname like $1`,
    [`${prefix.replaceAll('_', '\\_')}%`],
  )
  const names = new Set(present.map(({ indexname }) => indexname))
  for (const name of names) if (!wanted.has(name)) await sql.query(`drop index "${name}"`)
  for (const [name, { ddl }] of wanted) if (!names.has(name)) await sql.query(ddl)
}
