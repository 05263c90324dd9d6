import type { Dependency, RegisteredStep, Registration } from '#contract'
import type { Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import { withAwaited } from './awaited.ts'
import type { Sql } from './database.ts'
import { checkDeliverySteps, replaceDeliverySteps } from './deliveries/steps.ts'
import { hopsOf } from './dependencies.ts'
import { readDependencies, reconcileEdges } from './edges.ts'
import { includeFinding } from './expand.ts'
import { checkPolicies, replacePolicies } from './policies/register.ts'
import { replaceRequiredModels } from './required-models.ts'
import { checkResyncs, writeResyncs } from './resync.ts'
import { checkFiles } from './services/check-request.ts'
import { load, type Loaded } from './services/load.ts'
import { hashOf, noOtherFiles, type Manifest } from './services/manifest.ts'
import { lookAgain, type ModelsContext } from './services/replace-models.ts'
import { wakeDispatchers } from './wake.ts'

const checkSteps = (schema: Schema, { requiredModels, steps, name }: Registration): void => {
  const missing = requiredModels.filter((model) => schema.model(model) === undefined)
  if (missing.length > 0) {
    throw new CoreError('VALIDATION', `required_models: missing ${missing.join(', ')}`)
  }
  const observers = new Map<string, string>()
  for (const { step, model: modelName, include, fields = [] } of steps) {
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
    const strange = fields.find((field) => !model.fields.some(({ wireName }) => wireName === field))
    if (strange !== undefined) {
      throw new CoreError('VALIDATION', `Step ${step}: ${modelName} has no field named ${strange}`)
    }
  }
}

const checkDependencies = (schema: Schema, { dependencies = [], name }: Registration): void => {
  for (const dependency of dependencies) {
    const hops = hopsOf(schema, dependency)
    if (typeof hops === 'string') throw new CoreError('VALIDATION', `${name}: ${hops}`)
  }
}

const dependencyTexts = (dependencies: readonly Dependency[]): string => {
  const texts = dependencies.map(({ model, on, path }) => JSON.stringify([model, on, path]))
  return [...new Set(texts)].toSorted().join()
}

const replaceDependencies = async (
  sql: Sql,
  schema: Schema,
  { name, dependencies = [] }: Registration,
): Promise<void> => {
  const before = (await readDependencies(sql)).filter(({ synchronizer }) => synchronizer === name)
  if (dependencyTexts(before) === dependencyTexts(dependencies)) return
  await sql.query(`delete from dependency where synchronizer = $1`, [name])
  await sql.query(
    `insert into dependency (synchronizer, model, target, path)
     select distinct $1, model, "on", path from jsonb_to_recordset($2::jsonb) k(model text, "on" text, path text)`,
    [name, JSON.stringify(dependencies)],
  )
  await reconcileEdges(sql, schema, false)
  await lookAgain(sql)
  await wakeDispatchers(sql)
}

const inOneOrder = (steps: readonly RegisteredStep[]): string =>
  JSON.stringify(
    steps
      .map(({ model, step, include, afterPolicy = false, fields = [] }) => [
        model,
        step,
        include,
        afterPolicy,
        fields,
      ])
      .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  )

const replaceSteps = async (sql: Sql, { name, steps }: Registration): Promise<void> => {
  const before = await sql.query<RegisteredStep>(
    `select model, step, include, after_policy as "afterPolicy", fields from step where synchronizer = $1`,
    [name],
  )
  if (inOneOrder(before) === inOneOrder(steps)) return
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
    `insert into step (model, step, synchronizer, include, after_policy, fields)
     select model, step, $1, include, coalesce("afterPolicy", false), coalesce(fields, '[]')
     from jsonb_to_recordset($2::jsonb)
       k(model text, step text, include jsonb, "afterPolicy" boolean, fields jsonb)`,
    [name, JSON.stringify(steps)],
  )
  await lookAgain(sql)
  await wakeDispatchers(sql)
}

/**
 * Takes the models and steps of a service, in place of those it brought before. Throws VALIDATION and writes nothing when the models do not compile, a
 * required model is missing, a model already has a step or a policy, or records stand in the way of the models.
 */
export const onboard = async (
  context: ModelsContext,
  registration: Registration,
): Promise<Loaded> => {
  const { name, version, models } = registration
  checkFiles(name, version, models)
  const manifest: Manifest = {
    name,
    version,
    state: 'load',
    mode: 'strict',
    hash: hashOf(name, version, models),
    models,
    files: noOtherFiles,
  }
  const loaded = await load(context, manifest, name)
  const schema = loaded.schema ?? context.schema
  checkSteps(schema, registration)
  checkPolicies(schema, registration)
  checkDependencies(schema, registration)
  checkResyncs(registration.steps)
  checkDeliverySteps(registration)
  await replaceRequiredModels(context.sql, name, registration.requiredModels)
  await replaceDependencies(context.sql, schema, registration)
  const whole = await withAwaited(context.sql, schema, registration)
  await replaceSteps(context.sql, whole)
  await replacePolicies(context.sql, whole, context.now)
  await writeResyncs(context.sql, registration.steps, context.now)
  await replaceDeliverySteps(context.sql, registration, context.now)
  return loaded
}
