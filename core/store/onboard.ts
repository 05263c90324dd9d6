import type { ModelFile, Registration } from '#contract'
import { compile, render, type Schema, type Source } from '#xproto'
import { CoreError } from '../errors.ts'
import type { Sql } from './database.ts'
import { includeFinding } from './expand.ts'
import { reconcileKeys } from './keys.ts'
import { wakeDispatchers } from './wake.ts'

type Service = { readonly name: string; readonly models: readonly ModelFile[] }

const sourcesOf = ({ name, models }: Service): Source[] =>
  models.map(({ filename, contents }) => ({ file: `${name}/${filename}`, text: contents }))

const loadedServices = (sql: Sql): Promise<Service[]> =>
  sql.query<Service>(`select name, models from service order by name`)

/** Compiles the core models with those of the services; throws VALIDATION with every mistake in it. */
const schemaOf = (coreModels: readonly Source[], services: readonly Service[]): Schema => {
  const sources = [...coreModels, ...services.flatMap(sourcesOf)]
  const { schema, diagnostics } = compile(sources)
  if (schema !== undefined) return schema
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  throw new CoreError('VALIDATION', errors.map((error) => render(error, sources)).join('\n\n'))
}

/** The core models, and what every service that was ever loaded has brought. */
export const readSources = async (sql: Sql, coreModels: readonly Source[]): Promise<Source[]> => [
  ...coreModels,
  ...(await loadedServices(sql)).flatMap(sourcesOf),
]

/** The schema of the core models and of every service that was ever loaded. */
export const readSchema = async (sql: Sql, coreModels: readonly Source[]): Promise<Schema> =>
  schemaOf(coreModels, await loadedServices(sql))

/** Reads the schema, and writes the keys of all records as it has them. */
export const loadSchema = async (sql: Sql, coreModels: readonly Source[]): Promise<Schema> => {
  const schema = await readSchema(sql, coreModels)
  await reconcileKeys(sql, schema)
  return schema
}

const checkLeaves = async (sql: Sql, schema: Schema, name: string): Promise<void> => {
  const leaves = await sql.query<{ leaf: string; count: number }>(
    `select leaf, count(*)::int as count from record group by leaf`,
  )
  const lost = leaves.filter(({ leaf }) => schema.model(leaf) === undefined)
  if (lost.length === 0) return
  const list = lost.map(({ leaf, count }) => `${leaf} (${count})`).join(', ')
  throw new CoreError(
    'VALIDATION',
    `The models of ${name} no longer define ${list}, of which there are records. Delete those records first.`,
  )
}

const checkSteps = (schema: Schema, { requiredModels, steps, name }: Registration): void => {
  const missing = requiredModels.filter((model) => schema.model(model) === undefined)
  if (missing.length > 0) {
    throw new CoreError('VALIDATION', `required_models: missing ${missing.join(', ')}`)
  }
  const observers = new Map<string, string>()
  for (const { step, model: modelName, include } of steps) {
    const model = schema.model(modelName)
    if (model === undefined || model.abstract) {
      throw new CoreError(
        'VALIDATION',
        `Step ${step} of ${name} observes ${modelName}, which is not a model`,
      )
    }
    const other = observers.get(modelName)
    if (other !== undefined) {
      throw new CoreError(
        'VALIDATION',
        `Steps ${other} and ${step} of ${name} both observe ${modelName}; one model has one step`,
      )
    }
    observers.set(modelName, step)
    for (const path of include) {
      const finding = includeFinding(schema, model, path)
      if (finding !== undefined) throw new CoreError('VALIDATION', `Step ${step}: ${finding}`)
    }
  }
}

const replaceSteps = async (sql: Sql, { name, steps }: Registration): Promise<void> => {
  await sql.query(`delete from step where synchronizer = $1`, [name])
  const taken = await sql.query<{ model: string; step: string; synchronizer: string }>(
    `select model, step, synchronizer from step where model = any($1)`,
    [steps.map(({ model }) => model)],
  )
  const [first] = taken
  if (first !== undefined) {
    throw new CoreError(
      'VALIDATION',
      `${first.model} is already observed by step ${first.step} of ${first.synchronizer}; one model has one step`,
    )
  }
  await sql.query(
    `insert into step (model, step, synchronizer, include)
     select model, step, $1, include
     from jsonb_to_recordset($2::jsonb) k(model text, step text, include jsonb)`,
    [name, JSON.stringify(steps)],
  )
  // Which models are observed decides who waits for whom: let every waiting record look again.
  await sql.query(`delete from wait`)
  await sql.query(`update record set parked = false where parked`)
}

/**
 * Takes the models and steps of a service, in place of those it brought before. Answers the new schema. Throws
 * VALIDATION and writes nothing when the models do not compile, a required model is missing, a model already
 * has a step, or a model that has records is gone.
 */
export const onboard = async (
  sql: Sql,
  coreModels: readonly Source[],
  registration: Registration,
): Promise<Schema> => {
  const { name, version, models } = registration
  await sql.query(
    `insert into service (name, version, models) values ($1, $2, $3::jsonb)
     on conflict (name) do update set version = excluded.version, models = excluded.models`,
    [name, version, JSON.stringify(models)],
  )
  const schema = await loadSchema(sql, coreModels)
  await checkLeaves(sql, schema, name)
  checkSteps(schema, registration)
  await replaceSteps(sql, registration)
  await wakeDispatchers(sql)
  return schema
}
