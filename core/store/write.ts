import { initialStatus, type Fields } from '#contract'
import type { Field, LinkField, Model, Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import type { Sql } from './database.ts'
import { writeKeys } from './keys.ts'
import type { Caller, SaveOptions } from './port.ts'
import { liveRows, modelNamed, notFound, rowOf } from './read.ts'
import { coreOwned, isColumn, stampOf, wireValue, type RecordRow } from './row.ts'
import { findingOf, normalized } from './validate.ts'
import { stopWaiting, wakeDispatchers, wakeWaiters } from './wake.ts'

/** What a write needs beside the record. */
export type WriteContext = {
  readonly sql: Sql
  readonly schema: Schema
  /** Microseconds since 1970. */
  readonly now: number
  readonly caller: Caller
  readonly hashPassword: (plain: string) => Promise<string>
  readonly randomUuid: () => string
}

/** Values by field, normalized. */
type Values = Map<Field, unknown>

/** What a whole record that is put back may name besides its fields. */
const isIgnored = (model: Model, name: string): boolean =>
  name === 'id' ||
  name === 'class_names' ||
  name === 'self_content_type_id' ||
  coreOwned.has(name) ||
  model.reverseLinks.some(({ wireName }) => wireName === name)

const givenValues = (model: Model, fields: Fields): Values => {
  const values: Values = new Map()
  const unknown: string[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (isIgnored(model, name)) continue
    const field = model.fields.find(({ wireName }) => wireName === name)
    if (field === undefined) unknown.push(name)
    else values.set(field, normalized(field, value))
  }
  if (unknown.length > 0) {
    throw new CoreError(
      'VALIDATION',
      `${model.name} has no field ${unknown.join(', ')}`,
      Object.fromEntries(unknown.map((name) => [name, 'unknown field'])),
    )
  }
  return values
}

const defaultOf = async ({ sql, schema, now }: WriteContext, field: Field): Promise<unknown> => {
  if (field.kind === 'scalar' && field.setOnCreate) return now / 1e6
  switch (field.default?.kind) {
    case 'value':
      return field.default.value
    case 'now':
      return now / 1e6
    case 'named': {
      // The one function that core.xproto names; a record needs some site to stand on.
      if (field.default.name !== 'get_first_site') return null
      const [site] = await liveRows(sql, schema, modelNamed(schema, 'Site'))
      return site?.id ?? null
    }
    case undefined:
      return null
  }
}

const withDefaults = async (
  context: WriteContext,
  model: Model,
  given: Values,
): Promise<Values> => {
  const values: Values = new Map()
  for (const field of model.fields) {
    if (coreOwned.has(field.name)) continue
    const value = given.get(field) ?? (await defaultOf(context, field))
    values.set(field, normalized(field, value))
  }
  return values
}

/**
 * XOS: a model with `owner_class_name` whose owner is unset, or no instance of that class, gets the first live
 * instance of the class.
 */
const chooseOwner = async (
  { sql, schema }: WriteContext,
  model: Model,
  values: Values,
): Promise<void> => {
  const owner = model.fields.find(({ wireName }) => wireName === 'owner_id')
  if (model.ownerClassName === undefined || owner === undefined) return
  const ownerModel = schema.model(model.ownerClassName)
  if (ownerModel === undefined) {
    throw new CoreError(
      'VALIDATION',
      `There is no model named ${model.ownerClassName} to own a ${model.name}`,
    )
  }
  const eligible = await liveRows(sql, schema, ownerModel)
  const current = values.get(owner)
  if (eligible.some(({ id }) => id === current)) return
  const [first] = eligible
  if (first === undefined) {
    throw new CoreError('VALIDATION', `Cannot find eligible owner of class ${ownerModel.name}`, {
      owner_id: `create a ${ownerModel.name} first`,
    })
  }
  values.set(owner, first.id)
}

const validate = (model: Model, values: Values): void => {
  const findings: Record<string, string> = {}
  for (const [field, value] of values) {
    const finding = findingOf(field, value)
    if (finding !== undefined) findings[field.wireName] = finding
  }
  const names = Object.keys(findings)
  if (names.length === 0) return
  const sentences = names.map((name) => `${name}: ${findings[name] ?? ''}`)
  throw new CoreError('VALIDATION', `${model.name} is not valid. ${sentences.join('; ')}`, findings)
}

type Target = { readonly field: LinkField; readonly root: string; readonly id: number }

const targetsOf = (schema: Schema, values: Values): Target[] => {
  const targets: Target[] = []
  for (const [field, value] of values) {
    if (field.kind !== 'link' || value === null) continue
    const root = modelNamed(schema, field.target).root
    const ids = Array.isArray(value) ? (value as number[]) : [value as number]
    for (const id of new Set(ids)) targets.push({ field, root, id })
  }
  return targets
}

/** XOS's live-key check: each link points at a live record of its target model, which stays while we write. */
const checkTargets = async (
  { sql, schema }: WriteContext,
  targets: readonly Target[],
): Promise<void> => {
  if (targets.length === 0) return
  const keys = targets.map(({ root, id }) => ({ root, id }))
  const found = await sql.query<{ root: string; id: number; leaf: string }>(
    `select r.root, r.id, r.leaf
     from record r join (select distinct root, id from jsonb_to_recordset($1::jsonb) k(root text, id int)) k
       on r.root = k.root and r.id = k.id
     where not r.deleted
     order by r.root, r.id
     for share of r`,
    [JSON.stringify(keys)],
  )
  const findings: Record<string, string> = {}
  for (const { field, root, id } of targets) {
    const target = found.find((row) => row.root === root && row.id === id)
    if (target !== undefined && schema.model(target.leaf)?.ancestry.includes(field.target)) continue
    findings[field.wireName] = `there is no ${field.target} with id ${id}`
  }
  const sentences = Object.entries(findings).map(([name, text]) => `${name}: ${text}`)
  if (sentences.length > 0) throw new CoreError('VALIDATION', sentences.join('; '), findings)
}

const insertLinks = async ({ sql }: WriteContext, row: RecordRow, targets: readonly Target[]) => {
  if (targets.length === 0) return
  const links = targets.map(({ field, root, id }) => ({
    field: field.name,
    target_root: root,
    target_id: id,
    many: field.multiplicity === 'manytomany',
  }))
  await sql.query(
    `insert into link (source_root, source_id, field, target_root, target_id, many)
     select $1, $2, field, target_root, target_id, many
     from jsonb_to_recordset($3::jsonb) l(field text, target_root text, target_id int, many boolean)`,
    [row.root, row.id, JSON.stringify(links)],
  )
}

const isMany = (field: Field): field is LinkField =>
  field.kind === 'link' && field.multiplicity === 'manytomany'

/** Values that live in `fields`, by wire name. */
const jsonValues = (values: Values): Record<string, unknown> => {
  const json: Record<string, unknown> = {}
  for (const [field, value] of values) {
    if (!isMany(field) && !isColumn(field.name)) json[field.wireName] = value
  }
  return json
}

/** Values that are columns, by name. */
const columnValues = (values: Values): [string, unknown][] =>
  [...values].flatMap(([field, value]) => (isColumn(field.name) ? [[field.name, value]] : []))

const hashPasswordOf = async (
  context: WriteContext,
  model: Model,
  values: Values,
): Promise<void> => {
  if (model.root !== 'User') return
  const password = model.fields.find(({ name }) => name === 'password')
  if (password === undefined) return
  const plain = values.get(password)
  if (typeof plain === 'string' && plain !== '') {
    values.set(password, await context.hashPassword(plain))
  }
}

const nextId = async (sql: Sql, root: string): Promise<number> => {
  const [counter] = await sql.query<{ last: number }>(
    `insert into counter (root, last) values ($1, 1)
     on conflict (root) do update set last = counter.last + 1
     returning last`,
    [root],
  )
  if (counter === undefined) throw new Error(`No id for ${root}`)
  return counter.last
}

/** Creates a record: pending for its step at once, as in XOS. */
export const createRecord = async (
  context: WriteContext,
  modelName: string,
  fields: Fields,
): Promise<RecordRow> => {
  const { sql, schema, now } = context
  const model = modelNamed(schema, modelName)
  const values = await withDefaults(context, model, givenValues(model, fields))
  await chooseOwner(context, model, values)
  validate(model, values)
  const targets = targetsOf(schema, values)
  await checkTargets(context, targets)
  await hashPasswordOf(context, model, values)

  const columns = new Map<string, unknown>([
    ['root', model.root],
    ['id', await nextId(sql, model.root)],
    ['leaf', model.name],
    ['created', now],
    ['updated', now],
    ['next_run', now],
    ['backend_status', initialStatus.text],
    ['backend_code', initialStatus.code],
    ...columnValues(values),
    ['fields', JSON.stringify(withoutNulls(jsonValues(values)))],
  ])
  const names = [...columns.keys()]
  const [row] = await sql.query<RecordRow>(
    `insert into record (${names.join(', ')})
     values (${names.map((_, index) => `$${index + 1}`).join(', ')})
     returning *`,
    [...columns.values()],
  )
  if (row === undefined) throw new Error(`${modelName} was not written`)
  await insertLinks(context, row, targets)
  await writeKeys(sql, schema, model, row)
  await wakeDispatchers(sql)
  return row
}

const withoutNulls = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

/** XOS's feedback guard: what a step writes back is not for users to change. */
const guardFeedback = (model: Model, row: RecordRow, values: Values): void => {
  const changed = [...values].filter(
    ([field, value]) =>
      field.role === 'feedback' && !isMany(field) && (wireValue(row, field) ?? null) !== value,
  )
  if (changed.length === 0) return
  const names = changed.map(([field]) => field.wireName)
  throw new CoreError(
    'PERMISSION_DENIED',
    `Only a step may change feedback fields: ${names.join(', ')} of ${model.name} ${row.id}`,
    Object.fromEntries(names.map((name) => [name, 'feedback field'])),
  )
}

/**
 * Writes the given fields of a record; the others stay. `updated` moves even when nothing differs, so that the
 * step is called again, and it moves beyond every earlier stamp whatever the clock says: two edits within one tick,
 * or a clock set back, must not look synced.
 */
export const updateRecord = async (
  context: WriteContext,
  modelName: string,
  id: number,
  fields: Fields,
  options: SaveOptions = {},
): Promise<RecordRow> => {
  const { sql, schema, now } = context
  const asked = modelNamed(schema, modelName)
  const row = await rowOf(sql, schema, asked, id, 'for update')
  if (options.ifRevision !== undefined && options.ifRevision !== row.revision) {
    throw new CoreError(
      'CONFLICT',
      `${modelName} ${id} was written by somebody else: expected revision ${options.ifRevision}, it is ${row.revision} now; read it again`,
    )
  }
  if (row.deleted) throw notFound(modelName, id)
  // A record read as its parent is still a record of its leaf: the leaf's rules hold.
  const model = modelNamed(schema, row.leaf)
  const given = givenValues(asked, fields)
  guardFeedback(asked, row, given)

  const current: Values = new Map(
    model.fields
      .filter((field) => !coreOwned.has(field.name) && !isMany(field))
      .map((field) => [field, wireValue(row, field) ?? null]),
  )
  // The fields of a parent are the same fields; find them again in the leaf by name.
  const changes: Values = new Map(
    [...given].flatMap(([{ wireName }, value]) => {
      const field = model.fields.find((candidate) => candidate.wireName === wireName)
      return field === undefined ? [] : [[field, value]]
    }),
  )
  const values: Values = new Map([...current, ...changes])
  await chooseOwner(context, model, values)
  validate(model, values)
  const links: Values = new Map(
    [...values].filter(([field, value]) => field.kind === 'link' && value !== current.get(field)),
  )
  const targets = targetsOf(schema, links)
  await checkTargets(context, targets)
  await hashPasswordOf(context, model, changes)

  const json = { ...jsonValues(values), ...jsonValues(changes) }
  const columns = new Map<string, unknown>([
    ['updated', Math.max(now, stampOf(row) + 1, (row.enacted ?? 0) + 1)],
    ['next_run', now],
    ['parked', false],
    ['attempts', 0],
    ['failures', 0],
    ...columnValues(changes),
    ['fields', JSON.stringify(withoutNulls(json))],
  ])
  const assignments = [...columns.keys()].map((name, index) => `${name} = $${index + 3}`)
  const [written] = await sql.query<RecordRow>(
    `update record set revision = nextval('revision'), ${assignments.join(', ')}
     where root = $1 and id = $2
     returning *`,
    [row.root, row.id, ...columns.values()],
  )
  if (written === undefined) throw notFound(modelName, id)
  if (links.size > 0) {
    await sql.query(
      `delete from link where source_root = $1 and source_id = $2 and field = any($3)`,
      [row.root, row.id, [...links.keys()].map(({ name }) => name)],
    )
    await insertLinks(context, written, targets)
  }
  const named = [...changes.keys(), ...links.keys()].map(({ wireName }) => wireName)
  await writeKeys(sql, schema, model, row, new Set(named))
  await stopWaiting(sql, [written])
  if (!written.pending) await wakeWaiters(sql, [written])
  await wakeDispatchers(sql)
  return written
}
