import type { RegisteredStep, Registration } from '#contract'
import { RemoteSourceError } from '../remote-connection.ts'
import { learnApi, type XosApi, type XosModel } from './api.ts'
import type { XosClient } from './client.ts'
import { createXosRecords, loadModels, type XosRecords } from './records.ts'

/** A model whose records a step is called for. */
export type Observed = { readonly model: XosModel; readonly step: RegisteredStep }

/** What a core has to offer to one synchronizer. */
export type Service = {
  readonly api: XosApi
  readonly records: XosRecords
  /** By name. */
  readonly models: ReadonlyMap<string, Observed>
}

/** Another service may bring them, or the core has yet to start anew with ours. */
const missing = (what: string, models: readonly string[]): RemoteSourceError =>
  new RemoteSourceError('UNAVAILABLE', `${what}: missing ${models.join(', ')}`)

const checkModels = (api: XosApi, what: string, names: readonly string[]): void => {
  const unknown = names.filter((name) => api.model(name) === undefined)
  if (unknown.length > 0) throw missing(what, unknown)
}

const observedIn = (api: XosApi, steps: readonly RegisteredStep[]): Service['models'] =>
  new Map(
    steps.flatMap((step) => {
      const model = api.model(step.model)
      return model === undefined ? [] : [[step.model, { model, step }] as const]
    }),
  )

/** Only the first link of a path can be looked up: nothing says which models derive from the one at its end. */
const checkIncludes = ({ model, step }: Observed): void => {
  const names = new Set([...model.links, ...model.sets].map(({ name }) => name))
  for (const path of step.include) {
    const [first = ''] = path.split('.')
    if (names.has(first)) continue
    throw new RemoteSourceError(
      'VALIDATION',
      `Step ${step.step}: include ${path}: ${model.name} has no link named ${first}`,
    )
  }
}

/**
 * Brings the models of a synchronizer to the core, and learns what it serves.
 *
 * Rejects with UNAVAILABLE while models are not there yet, with VALIDATION when the core refuses ours.
 */
export const openService = async (
  client: XosClient,
  registration: Registration,
): Promise<Service> => {
  const { models, requiredModels, steps } = registration
  const before = await learnApi(client)
  const isChanged = models.length > 0 && (await loadModels(client, before, registration))
  const api = isChanged ? await learnApi(client) : before
  checkModels(api, 'required_models', requiredModels)
  checkModels(
    api,
    'observed models',
    steps.map(({ model }) => model),
  )
  const observed = observedIn(api, steps)
  for (const one of observed.values()) checkIncludes(one)
  return { api, records: createXosRecords(client, api), models: observed }
}
