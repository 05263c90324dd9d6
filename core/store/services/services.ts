import type { Registration } from '#contract'
import type { Schema, Source } from '#xproto'
import { xosVersion } from '../../utility/version.ts'
import { requireAdministrator } from '../../access/require-administrator.ts'
import type { Writer } from '../changes/writer.ts'
import { circlesOf } from '../circles.ts'
import type { Database, Sql } from '../database.ts'
import { readDependencies } from '../edges.ts'
import { onboard } from '../onboard.ts'
import type { Caller, Records, Services } from '../port.ts'
import { moveSchema, type CurrentSchema } from '../schema-state.ts'
import { load, manifestOf, type Loaded } from './load.ts'
import { readManifests } from './manifest.ts'
import type { ModelsContext } from './replace-models.ts'
import { cleanSome, unload } from './unload.ts'

export type ModelChangesOptions = {
  readonly database: Database
  readonly coreModels: readonly Source[]
  readonly current: CurrentSchema
  /** Microseconds since 1970. */
  readonly now: () => number
  readonly recordsOf: (sql: Sql, schema: Schema, caller: Caller) => Pick<Records, 'remove'>
}

export type ModelChanges = {
  readonly services: Services
  /** See {@link onboard}. Answers the circles of models that wait for each other. */
  register(registration: Registration): Promise<readonly string[]>
}

/** Everything that changes which models are in force; each change is a transaction with the store to itself. */
export const createModelChanges = ({
  database,
  coreModels,
  current,
  now,
  recordsOf,
}: ModelChangesOptions): ModelChanges => {
  const change = async (
    work: (context: ModelsContext) => Promise<Loaded>,
    writer: Pick<Writer, 'caller'> = {},
  ): Promise<Loaded['status']> => {
    const { status, loaded } = await database.transaction(async (sql) => {
      const before = await current.enterAlone(sql, { ...writer, now: now() })
      const { status, schema } = await work({ sql, coreModels, schema: before, now: now() })
      if (schema === undefined) return { status }
      const revision = await moveSchema(sql)
      return { status, loaded: { schema, revision } }
    })
    if (loaded !== undefined) current.replace(loaded)
    return status
  }

  /** In small transactions, so that others can write meanwhile. */
  const clean = async (service: string, caller: Caller): Promise<void> => {
    for (;;) {
      const found = await database.transaction(async (sql, attempt) => {
        const schema = await current.enter(sql, attempt, { caller, now: now() })
        return cleanSome({ sql, coreModels, schema }, recordsOf(sql, schema, caller), service)
      })
      if (!found) return
    }
  }

  const circles = async (): Promise<readonly string[]> => {
    const steps = await database.query<{ model: string }>(
      `select model from step order by model collate "C"`,
    )
    const observed = steps.map(({ model }) => model)
    return circlesOf(current.known(), observed, await readDependencies(database))
  }

  const services: Services = {
    async load(request, caller) {
      requireAdministrator(caller, 'load models')
      const manifest = manifestOf(request)
      return change((context) => load(context, manifest), { caller })
    },
    async unload(request, caller) {
      requireAdministrator(caller, 'unload models')
      if (request.cleanup === 'AUTOMATICALLY_CLEAN') await clean(request.name, caller)
      return change(
        (context) => unload(context, recordsOf(context.sql, context.schema, caller), request),
        { caller },
      )
    },
    async status() {
      const manifests = await readManifests(database)
      return [
        ...manifests.map(({ name, version, state }) => ({
          name,
          version,
          state: state === 'load' ? ('present' as const) : state,
        })),
        { name: 'core', version: xosVersion, state: 'present' },
      ]
    },
    async convenienceMethods() {
      const manifests = await readManifests(database)
      // XOS keeps the files of all services in one folder, so that the last of one name counts.
      const files = manifests.flatMap((manifest) => manifest.files.convenienceMethods)
      return [...new Map(files.map((file) => [file.filename, file])).values()]
    },
  }

  return {
    services,
    async register(registration) {
      await change((context) => onboard(context, registration))
      return circles()
    },
  }
}
