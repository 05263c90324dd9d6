import { initialStatus, type Fields } from '#contract'
import type { Field, Model } from '#xproto'
import type { Sql } from './database.ts'
import { writeKeys } from './keys.ts'
import type { SaveOptions } from './port.ts'
import { dueAsChange, keepingPlace } from './priority.ts'
import { modelNamed, notFound, rowOf } from './read.ts'
import { coreOwned, stampOf, wireFields, wireValue, type RecordRow } from './row.ts'
import { checkRevision, checkValues, guardFeedback } from './save/check.ts'
import { columnValues, jsonValues, withoutNulls } from './save/columns.ts'
import { withDefaults } from './save/defaults.ts'
import {
  fieldOf,
  newFields,
  wireFieldsOf,
  type Draft,
  type Values,
  type WriteContext,
} from './save/draft.ts'
import { givenValues, isMany, wantedValues } from './save/given.ts'
import { checkTargets, replaceLinks, sameSets, targetsOf, writeLinks } from './save/links.ts'
import { prepare } from './save/models.ts'
import { checkRules } from './save/rules.ts'
import { settle, type WatchedRow } from './save/settle.ts'
import { movedStamps, nextVersion } from './save/stamps.ts'
import { wakeDispatchers } from './wake.ts'
import { tracesAfter } from './traces.ts'
import { isWatched } from './watch.ts'

export type { WriteContext } from './save/draft.ts'

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
  const { sql, schema, now, caller } = context
  const model = modelNamed(schema, modelName)
  const given = givenValues(model, fields)
  const values = await withDefaults(context, model, given)
  await prepare({ context, model, before: undefined, given, values })
  checkValues(model, values)
  await context.access.requireWrite(model, model, null, newFields(model, now, values))
  const targets = targetsOf(schema, values)
  await checkTargets(context, targets)

  const stamps = { updated: now, changed_by_step: null, changed_by_policy: null }
  const columns = new Map<string, unknown>([
    ['root', model.root],
    ['id', await nextId(sql, model.root)],
    ['leaf', model.name],
    ['created', now],
    ['updated', now],
    ['next_run', dueAsChange(now)],
    ['backend_status', initialStatus.text],
    ['backend_code', initialStatus.code],
    ...columnValues(values, stamps),
    ['fields', JSON.stringify(withoutNulls(jsonValues(values)))],
    ...(caller.traceparent === undefined ? [] : [['traces', caller.traceparent] as const]),
  ])
  const names = [...columns.keys()]
  const [row] = await sql.query<RecordRow>(
    `insert into record (${names.join(', ')})
     values (${names.map((_, index) => `$${index + 1}`).join(', ')})
     returning *`,
    [...columns.values()],
  )
  if (row === undefined) throw new Error(`${modelName} was not written`)
  await writeLinks(context, row, targets)
  await writeKeys(sql, schema, model, row)
  await checkRules(context, model, row, model.fields)
  await wakeDispatchers(sql)
  return row
}

/** The record as it would be with what is given. */
const draftOf = (context: WriteContext, model: Model, before: RecordRow, asked: Values): Draft => {
  const current = model.fields
    .filter((field) => !coreOwned.has(field.name) && !isMany(field))
    .map((field) => [field, wireValue(before, field) ?? null] as const)
  // The fields of a parent are the same fields; find them again in the leaf by name.
  const given = [...asked].flatMap(([{ wireName }, value]) => {
    const field = fieldOf(model, wireName)
    return field === undefined ? [] : [[field, value] as const]
  })
  const values: Values = new Map([...current, ...given])
  return { context, model, before, given: new Map(given), values }
}

/** Who asks for the delete step himself means it, although a lease has asked already. */
const confirmsDelete = ({ name }: Field, value: unknown, before: RecordRow): boolean =>
  name === 'backend_need_delete' && value === true && before.need_delete_by_lease

/** What differs from what is kept. The sets of a record that is being deleted stay as they are. */
const changesIn = async (draft: Draft, before: RecordRow): Promise<Values> => {
  const { context, model, given, values } = draft
  const isChanged = ([field, value]: [Field, unknown]): boolean => {
    if (isMany(field)) return !before.deleted
    if (value !== (wireValue(before, field) ?? null)) return true
    return given.has(field) && confirmsDelete(field, value, before)
  }
  const changes: Values = new Map([...values].filter(isChanged))
  checkValues(model, changes)
  const same = await sameSets(context.sql, before, changes)
  for (const field of same) changes.delete(field)
  return changes
}

/**
 * Wire names of what changes of a synced record, if its step may read none of it: undefined where the step is called
 * anyway. Who asks for that, or changes nothing, wants a resync; links to many are not looked at.
 */
const maybeUnread = (
  row: RecordRow,
  { changes, isNewVersion, isResync }: Pick<Written, 'changes' | 'isNewVersion' | 'isResync'>,
): readonly string[] | undefined => {
  const isSynced = row.enacted !== null && row.enacted >= stampOf(row) && !row.deleted
  const fields = [...changes.keys()]
  const isPlain = fields.every((field) => !isMany(field) && field.name !== 'enacted')
  return isSynced && isNewVersion && !isResync && isPlain && fields.length > 0
    ? fields.map(({ wireName }) => wireName)
    : undefined
}

/** SQL of `enacted` after fields with these names changed: a step that reads none of them needs not see the version. */
const enactedAfter = (names: string, version: string): string => `
  case when exists (
      select from step s
      where s.model = record.leaf and s.fields <> '[]' and not jsonb_exists_any(s.fields, ${names}))
    then ${version} else enacted end`

type Written = {
  readonly changes: Values
  readonly stamps: readonly (readonly [string, number])[]
  readonly version: number
  readonly isNewVersion: boolean
  /** The writer asks for a new version whatever he changes. */
  readonly isResync: boolean
}

/** A version that no step has seen is due at once, and its attempts are counted from the start. */
const newSchedule = (
  row: RecordRow,
  due: number,
  traceparent: string | undefined,
): readonly (readonly [string, unknown])[] => {
  const traces = tracesAfter(row, traceparent)
  return [
    ['next_run', keepingPlace(row, due)],
    ['parked', false],
    ['attempts', 0],
    ['failures', 0],
    ...(traces === row.traces ? [] : [['traces', traces] as const]),
  ]
}

const writeRow = async (
  { sql, now, caller }: WriteContext,
  row: RecordRow,
  { changes, stamps, version, isNewVersion, isResync }: Written,
): Promise<WatchedRow> => {
  // Who changes nothing wants a resync.
  const due = changes.size === 0 ? now : dueAsChange(now)
  const json = jsonValues(changes)
  // What the model no longer knows stays, for the day that it knows it again.
  const fields = JSON.stringify(withoutNulls({ ...row.fields, ...json }))
  const columns = new Map<string, unknown>([
    ...columnValues(changes, row),
    ...stamps,
    ...(Object.keys(json).length > 0 ? [['fields', fields] as const] : []),
    ...(isNewVersion ? newSchedule(row, due, caller.traceparent) : []),
  ])
  const assignments = [...columns.keys()].map((name, index) => `, ${name} = $${index + 3}`)
  const parameters: unknown[] = [row.root, row.id, ...columns.values()]
  const names = maybeUnread(row, { changes, isNewVersion, isResync })
  if (names !== undefined) {
    const count = parameters.push(names, version)
    assignments.push(`, enacted = ${enactedAfter(`$${count - 1}::text[]`, `$${count}::bigint`)}`)
  }
  const [written] = await sql.query<WatchedRow>(
    `update record set revision = nextval('revision')${assignments.join('')}
     where root = $1 and id = $2
     returning *, ${isWatched('record')} as watched`,
    parameters,
  )
  if (written === undefined) throw notFound(row.leaf, row.id)
  return written
}

/**
 * Writes what is given of a record, live or soft-deleted; the rest stays. Who is no synchronizer moves `updated`
 * even when nothing differs, so that the step is called again (reference core-api.md 2.2).
 *
 * Rules are asked about what changes: what is kept already was looked at when it came, and a status must be written
 * whatever has become of the rules since.
 */
export const updateRecord = async (
  context: WriteContext,
  modelName: string,
  id: number,
  fields: Fields,
  options: SaveOptions = {},
): Promise<RecordRow> => {
  const { sql, schema, now, access } = context
  const asked = modelNamed(schema, modelName)
  const row = await rowOf(sql, schema, asked, id, 'for update')
  // A record read as its parent is still a record of its leaf: the leaf's rules hold.
  const model = modelNamed(schema, row.leaf)
  const before = wireFields(model, row) as Fields
  await access.requireWrite(asked, model, id, before)
  checkRevision(asked, row, options.ifRevision)
  const { given, named } = wantedValues(asked, fields, row, options)
  const draft = draftOf(context, model, row, given)
  if (!row.deleted) await prepare(draft)

  const changes = await changesIn(draft, row)
  const changed = [...changes.keys()]
  const single = changed.filter((field) => !isMany(field))
  if (options.callerKind !== 'synchronizer') guardFeedback(model, row, single)

  const moved = movedStamps(options, named, single)
  // XOS saves a record again, as nobody in particular, after its links to many have changed.
  const isTouched = moved.updated || single.length < changed.length
  const version = nextVersion(row, now)
  const stamps = Object.entries({ ...moved, updated: isTouched })
    .filter(([, moves]) => moves)
    .map(([name]) => [name, version] as const)
  if (changed.length === 0 && stamps.length === 0) return row
  // Nobody moves a record to where he may not write.
  await access.requireWrite(asked, model, id, { ...before, ...wireFieldsOf(changes) })

  const links = new Map([...changes].filter(([field]) => field.kind === 'link'))
  const targets = targetsOf(schema, links)
  await checkTargets(context, targets, row.deleted)
  const isNewVersion = isTouched || moved.changed_by_policy
  const isResync = options.alwaysUpdateTimestamp === true
  const written = await writeRow(context, row, { changes, stamps, version, isNewVersion, isResync })
  await replaceLinks(context, row, [...links.keys()], targets)
  if (!row.deleted) {
    await writeKeys(sql, schema, model, row, new Set(changed.map(({ wireName }) => wireName)))
    await checkRules(context, model, written, changed)
  }
  await settle(context, row, written, { isNewVersion, isRelinked: links.size > 0 })
  return written
}
