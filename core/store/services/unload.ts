import type { Schema, Source } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { Sql } from '../database.ts'
import type { Records } from '../port.ts'
import { removeDeliverySteps } from '../deliveries/steps.ts'
import { forget } from '../history.ts'
import { replacePolicies } from '../policies/register.ts'
import { reap } from '../reap.ts'
import { replaceRequiredModels } from '../required-models.ts'
import type { RowKey } from '../row.ts'
import { wakeDispatchers } from '../wake.ts'
import { checkFiles } from './check-request.ts'
import { compileServices, serviceOf } from './compile-services.ts'
import type { Loaded } from './load.ts'
import { hashOf, noOtherFiles, readManifests, type Manifest } from './manifest.ts'
import { replaceModels, type ModelsContext } from './replace-models.ts'
import type { Cleanup, LoadStatus, UnloadRequest } from './request.ts'

/** Deletes as on behalf of a caller. */
type Remover = Pick<Records, 'remove'>

type FoundRecord = RowKey & { readonly leaf: string }

const deletedAtOnce = 200

const leavesOf = (schema: Schema, service: string): readonly string[] =>
  schema.models.filter(({ span }) => serviceOf(span.file) === service).map(({ name }) => name)

/** Throws VALIDATION unless the other services compile without this one. */
const checkDependents = (
  coreModels: readonly Source[],
  manifests: readonly Manifest[],
  service: string,
): void => {
  const others = manifests.filter(({ name }) => name !== service)
  const { schema, diagnostics } = compileServices(coreModels, others)
  if (schema !== undefined) return
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const dependents = [...new Set(errors.flatMap(({ span }) => serviceOf(span.file) ?? []))]
  const reasons = errors.slice(0, 10).map(({ message }) => message)
  throw new CoreError(
    'VALIDATION',
    `${service} cannot be unloaded: ${dependents.join(', ')} would not compile without its models. Unload what builds on it first. ${reasons.join(' ')}`,
  )
}

/** Deletes what is still live: one that links to another is deleted with it. */
const removeEach = async (
  sql: Sql,
  records: Remover,
  found: readonly FoundRecord[],
): Promise<void> => {
  for (const { root, id, leaf } of found) {
    const [row] = await sql.query<{ deleted: boolean }>(
      `select deleted from record where root = $1 and id = $2`,
      [root, id],
    )
    if (row?.deleted === false) await records.remove(leaf, id)
  }
}

/** One step of AUTOMATICALLY_CLEAN: soft-deletes some live records, as a client would. Answers whether there were any. */
export const cleanSome = async (
  { sql, coreModels, schema }: Pick<ModelsContext, 'sql' | 'coreModels' | 'schema'>,
  records: Remover,
  service: string,
): Promise<boolean> => {
  checkDependents(coreModels, await readManifests(sql), service)
  const live = await sql.query<FoundRecord>(
    `select root, id, leaf from record
     where leaf = any($1) and not deleted and not write_protect
     order by root, id limit $2`,
    [leavesOf(schema, service), deletedAtOnce],
  )
  await removeEach(sql, records, live)
  return live.length > 0
}

type Counts = { readonly live: number; readonly deleted: number; readonly isProtected: number }

const countRecords = async (sql: Sql, leaves: readonly string[]): Promise<Counts> => {
  const [counts] = await sql.query<Counts>(
    `select count(*) filter (where not deleted)::int as live,
            count(*) filter (where deleted)::int as deleted,
            count(*) filter (where not deleted and write_protect)::int as "isProtected"
     from record where leaf = any($1)`,
    [leaves],
  )
  return counts ?? { live: 0, deleted: 0, isProtected: 0 }
}

/** Why the models cannot go yet; undefined when they can. */
const obstacleOf = (cleanup: Cleanup, counts: Counts): LoadStatus | undefined => {
  if (cleanup === 'PURGE' || counts.live + counts.deleted === 0) return undefined
  if (cleanup === 'REQUIRE_CLEAN') {
    return counts.live > 0 ? 'ERROR_LIVE_MODELS' : 'ERROR_DELETION_IN_PROGRESS'
  }
  const isStuck = counts.deleted === 0 && counts.live === counts.isProtected
  return isStuck ? 'ERROR_LIVE_MODELS' : 'TRYAGAIN'
}

/**
 * Removes all records of the models at once, without any delete step. What links to them from elsewhere is
 * deleted as by a client, and what they held up goes as well.
 */
const purge = async (sql: Sql, records: Remover, leaves: readonly string[]): Promise<void> => {
  const elsewhere = await sql.query<FoundRecord>(
    `select distinct s.root, s.id, s.leaf
     from link l
       join record t on t.root = l.target_root and t.id = l.target_id and t.leaf = any($1)
       join record s on s.root = l.source_root and s.id = l.source_id
         and not s.deleted and not s.leaf = any($1)
     where not l.many
     order by s.root, s.id`,
    [leaves],
  )
  await removeEach(sql, records, elsewhere)
  const held = await sql.query<RowKey>(
    `select distinct t.root, t.id
     from link l
       join record s on s.root = l.source_root and s.id = l.source_id and s.leaf = any($1)
       join record t on t.root = l.target_root and t.id = l.target_id and not t.leaf = any($1)`,
    [leaves],
  )
  const gone = await sql.query<RowKey>(
    `delete from record where leaf = any($1) returning root, id`,
    [leaves],
  )
  await forget(sql, gone)
  await reap(sql, held)
}

/** Takes the models of a service away, with its steps. Throws VALIDATION when other services build on them. */
export const unload = async (
  context: ModelsContext,
  records: Remover,
  { name, version, cleanup }: UnloadRequest,
): Promise<Loaded> => {
  checkFiles(name, version, [])
  const { sql, coreModels, schema } = context
  const manifests = await readManifests(sql)
  checkDependents(coreModels, manifests, name)
  const leaves = leavesOf(schema, name)
  const obstacle = obstacleOf(cleanup, await countRecords(sql, leaves))
  if (obstacle !== undefined) return { status: obstacle }

  const known = manifests.find((manifest) => manifest.name === name)
  const hash = hashOf(name, version)
  if (known?.state === 'unload' && known.hash === hash) return { status: 'SUCCESS_NOTHING_CHANGED' }
  if (cleanup === 'PURGE') await purge(sql, records, leaves)
  await sql.query(`delete from step where synchronizer = $1`, [name])
  await replacePolicies(sql, { name }, context.now)
  await removeDeliverySteps(sql, name)
  await replaceRequiredModels(sql, name, [])
  const after = await replaceModels(context, {
    name,
    version,
    state: 'unload',
    mode: 'strict',
    hash,
    models: [],
    files: noOtherFiles,
  })
  await wakeDispatchers(sql)
  const hadModels = known !== undefined && known.models.length > 0
  return hadModels ? { status: 'SUCCESS', schema: after } : { status: 'SUCCESS' }
}
