import type { Schema, Source } from '#xproto'
import { NotYetError } from '../../errors.ts'
import type { Sql } from '../database.ts'
import { hopsOf } from '../dependencies.ts'
import { readDependencies, reconcileEdges } from '../edges.ts'
import { includeFinding } from '../expand.ts'
import { reconcileKeys } from '../keys.ts'
import { schemaOf } from './compile-services.ts'
import { evolve } from './evolve.ts'
import { readManifests, writeManifest, type Manifest } from './manifest.ts'

/** What a change of models needs. The caller holds the lock on the schema. */
export type ModelsContext = {
  readonly sql: Sql
  readonly coreModels: readonly Source[]
  /** The schema in force. */
  readonly schema: Schema
  /** Microseconds since 1970. */
  readonly now: number
}

/** Lets every waiting record look again: models, and which of them are observed, decide who waits for whom. */
export const lookAgain = async (sql: Sql): Promise<void> => {
  await sql.query(`delete from wait`)
  await sql.query(`update record set parked = false where parked`)
}

type StoredStep = {
  readonly kind: 'Step' | 'Policy'
  readonly model: string
  readonly step: string
  readonly synchronizer: string
  readonly include: readonly string[]
  readonly fields: readonly string[]
}

const findingAbout = (
  schema: Schema,
  { model: observed, include, fields }: StoredStep,
): string | undefined => {
  const model = schema.model(observed)
  if (model === undefined || model.abstract) {
    return `observes ${observed}, which is not a model any more`
  }
  const strange = fields.find((field) => !model.fields.some(({ wireName }) => wireName === field))
  if (strange !== undefined) return `reads ${strange}, which ${observed} has no more`
  return include.flatMap((path) => includeFinding(schema, model, path) ?? [])[0]
}

/** Steps and policies keep what they observe and what they include of it, but for those of a synchronizer that brings new ones. */
const checkSteps = async (
  sql: Sql,
  schema: Schema,
  bringsSteps: string | undefined,
): Promise<void> => {
  const steps = await sql.query<StoredStep>(
    `select 'Step' as kind, model, step, synchronizer, include, fields from step
     where synchronizer is distinct from $1
     union all
     select 'Policy', model, step, synchronizer, include, '[]' from policy
     where synchronizer is distinct from $1
     order by 4, 3`,
    [bringsSteps ?? null],
  )
  for (const stored of steps) {
    const { kind, step, synchronizer } = stored
    const finding = findingAbout(schema, stored)
    if (finding === undefined) continue
    throw new NotYetError(
      `${kind} ${step} of ${synchronizer} needs the models as they were: ${finding}. Change or stop ${synchronizer} first.`,
    )
  }
}

/** As with steps: what one synchronizer waits along, another one does not take away. */
const checkDependencies = async (
  sql: Sql,
  schema: Schema,
  bringsSteps: string | undefined,
): Promise<void> => {
  for (const { synchronizer, ...dependency } of await readDependencies(sql)) {
    if (synchronizer === bringsSteps) continue
    const hops = hopsOf(schema, dependency)
    if (typeof hops !== 'string') continue
    throw new NotYetError(
      `${synchronizer} needs the models as they were: ${hops}. Change or stop ${synchronizer} first.`,
    )
  }
}

/**
 * Puts the models of one service in place of those it had before, and brings all records along. Answers the new
 * schema. Throws VALIDATION when the texts do not compile, or records or steps stand in the way.
 *
 * @param bringsSteps a synchronizer whose steps are replaced next
 */
export const replaceModels = async (
  { sql, coreModels, schema: before, now }: ModelsContext,
  manifest: Manifest,
  bringsSteps?: string,
): Promise<Schema> => {
  await writeManifest(sql, manifest)
  const after = schemaOf(coreModels, await readManifests(sql))
  await evolve(sql, { before, after }, now)
  await checkSteps(sql, after, bringsSteps)
  await checkDependencies(sql, after, bringsSteps)
  await reconcileKeys(sql, after)
  await reconcileEdges(sql, after, true)
  await lookAgain(sql)
  return after
}
