import { isDeepStrictEqual } from 'node:util'
import type { Schema, Source } from '#xproto'
import type { Sql } from './database.ts'
import { reconcileEdges } from './edges.ts'
import { reconcileKeys } from './keys.ts'
import { compileServices, schemaOf } from './services/compile-services.ts'
import { evolve } from './services/evolve.ts'
import { readManifests, sourcesOf, type Manifest } from './services/manifest.ts'

/** The core models, and those of every loaded service. */
export const readSources = async (sql: Sql, coreModels: readonly Source[]): Promise<Source[]> => [
  ...coreModels,
  ...(await readManifests(sql)).flatMap(sourcesOf),
]

/** The schema of the core models and of every loaded service. */
export const readSchema = async (sql: Sql, coreModels: readonly Source[]): Promise<Schema> =>
  schemaOf(coreModels, await readManifests(sql))

/** The core models that the records were last brought to; undefined in a new database. */
const formerCoreModels = async (sql: Sql): Promise<readonly Source[] | undefined> => {
  const [state] = await sql.query<{ core_models: readonly Source[] }>(
    `select core_models from schema_state`,
  )
  return state?.core_models
}

/** The schema that the records were last brought to, if it was another one and this version can still read it. */
const formerSchema = async (
  sql: Sql,
  coreModels: readonly Source[],
  manifests: readonly Manifest[],
): Promise<Schema | undefined> => {
  const former = await formerCoreModels(sql)
  if (former === undefined || isDeepStrictEqual(former, coreModels)) return undefined
  return compileServices(former, manifests).schema
}

/**
 * The schema at the start of a core. Brings the records to its core models where those are not the ones of the core
 * before, and writes the keys of all records as it has them. Throws VALIDATION when stored models do not compile, or
 * records stand in the way.
 *
 * @param now microseconds since 1970
 */
export const loadSchema = async (
  sql: Sql,
  coreModels: readonly Source[],
  now: number,
): Promise<Schema> => {
  const manifests = await readManifests(sql)
  const after = schemaOf(coreModels, manifests)
  const before = await formerSchema(sql, coreModels, manifests)
  if (before !== undefined) await evolve(sql, { before, after }, now)
  await reconcileKeys(sql, after)
  await reconcileEdges(sql, after, before !== undefined)
  return after
}
