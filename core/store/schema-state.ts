import { createHash } from 'node:crypto'
import type { Schema, Source } from '#xproto'
import { CoreError } from '../errors.ts'
import { describeWriter, writerTexts, type Writer } from './changes/writer.ts'
import type { Database, Sql } from './database.ts'
import { readSchema } from './read-schema.ts'

/** The channel that tells every core on the database that there are other models. */
export const schemaChannel = 'syncstep_schema'

// Any two numbers, the same in all cores: the database has no other use for them.
const schemaLock = '1398362699, 1'

/**
 * Waits until nobody writes, and lets nobody write until the transaction ends. To be asked for before anything
 * else in the transaction, because a writer that asked for it later would wait for itself.
 */
export const lockSchema = async (sql: Sql): Promise<void> => {
  // And takes the id of the transaction, as `enter` does.
  await sql.query(`select pg_advisory_xact_lock(${schemaLock}), pg_current_xact_id()::text`)
}

/**
 * Keeps the schema as it is until the transaction ends, and answers its revision. A function, because its second
 * statement has to see what was committed while the first one waited.
 */
export const schemaFunction = `
  create or replace function enter_schema()
  returns table (revision bigint, core text)
  language plpgsql as $$
  #variable_conflict use_column
  begin
    perform pg_advisory_xact_lock_shared(${schemaLock});
    return query select s.revision, s.core from schema_state s;
  end $$`

/** The schema of all loaded models, and its place in the order of all schemas that the database ever had. */
export type LoadedSchema = { readonly schema: Schema; readonly revision: number }

const digestOf = (coreModels: readonly Source[]): string =>
  createHash('sha256').update(JSON.stringify(coreModels)).digest('hex')

const tellCores = async (sql: Sql): Promise<void> => {
  await sql.query(`select pg_notify('${schemaChannel}', '')`)
}

/**
 * Notes that the models are other ones than before, and tells all cores once the transaction commits. Answers the
 * new revision. The caller holds {@link lockSchema}.
 */
export const moveSchema = async (sql: Sql): Promise<number> => {
  const [state] = await sql.query<{ revision: number }>(
    `update schema_state set revision = revision + 1 returning revision`,
  )
  await tellCores(sql)
  return state?.revision ?? 0
}

/** The revision at the start of a core, which is moved when its core models are not those of the core before. */
export const startSchema = async (sql: Sql, coreModels: readonly Source[]): Promise<number> => {
  const core = digestOf(coreModels)
  const [state] = await sql.query<{ revision: number; core: string }>(
    `select revision, core from schema_state`,
  )
  if (state?.core === core) return state.revision
  const [moved] = await sql.query<{ revision: number }>(
    `insert into schema_state (revision, core, core_models) values (1, $1, $2::jsonb)
     on conflict (one) do update
     set revision = schema_state.revision + 1, core = excluded.core, core_models = excluded.core_models
     returning revision`,
    [core, JSON.stringify(coreModels)],
  )
  await tellCores(sql)
  return moved?.revision ?? 0
}

export type CurrentSchema = {
  /** As far as this core knows: good for reading. */
  known(): Schema
  /** As far as any core knows that has written until now. Throws as `enter` does. */
  latest(database: Database): Promise<Schema>
  /**
   * The schema in force until the transaction ends, whichever core changed it last: every transaction that writes
   * asks for it first. One that others stood in the way of before (`attempt` from 2) gets it when they have
   * ended, and then runs alone. Its changes are noted as those of the writer. Throws UNAVAILABLE when a core with
   * other core models has taken over.
   */
  enter(sql: Sql, attempt: number, writer?: Writer): Promise<Schema>
  /** The same for who changes the schema: nobody writes meanwhile. */
  enterAlone(sql: Sql, writer: Writer): Promise<Schema>
  /** Takes a schema that was committed, unless a newer one is known. */
  replace(loaded: LoadedSchema): void
  /** Calls the listener whenever another schema is known. Answers how to stop. */
  onChange(listener: () => void): () => void
}

export const createCurrentSchema = (
  coreModels: readonly Source[],
  loaded: LoadedSchema,
): CurrentSchema => {
  const core = digestOf(coreModels)
  const listeners = new Set<() => void>()
  let current = loaded
  const take = (next: LoadedSchema): void => {
    current = next
    for (const listener of listeners) {
      try {
        listener()
      } catch {
        // Its fault must not undo a write that only came to know the models.
      }
    }
  }
  const enter = async (sql: Sql, attempt: number, writer?: Writer): Promise<Schema> => {
    if (attempt > 1) await lockSchema(sql)
    const [state] = await sql.query<{ revision: number; core: string }>(
      `select revision, core, ${describeWriter} from enter_schema()`,
      writerTexts(writer),
    )
    if (state === undefined || state.core !== core) {
      throw new CoreError(
        'UNAVAILABLE',
        'Another version of Syncstep has taken over this database. Start this core anew in that version.',
      )
    }
    const held = current
    if (state.revision === held.revision) return held.schema
    const schema = await readSchema(sql, coreModels)
    if (current.revision !== state.revision) take({ schema, revision: state.revision })
    return schema
  }
  return {
    known: () => current.schema,
    async latest(database) {
      const [state] = await database.query<{ revision: number }>(
        `select revision from schema_state`,
      )
      if (state?.revision !== current.revision) {
        await database.transaction((sql, attempt) => enter(sql, attempt))
      }
      return current.schema
    },
    enter,
    enterAlone: (sql, writer) => enter(sql, 2, writer),
    replace(next) {
      if (next.revision > current.revision) take(next)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
