/**
 * A service under test: its models, its settings and its steps, in memory and under a clock that the test turns (import
 * it as `syncstep/testing/world`).
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Random } from '#contract'
import { openPglite } from '#core'
import type { AnyStep } from '#functions'
import { openTestWorld, type TestWorld } from '#test-world'
import { readCoreModels } from './core-models.ts'
import { Failure } from './failure.ts'
import { loadProject } from './project.ts'
import { suggestion } from './suggestion.ts'

export type { TestWorld, WorldCall } from '#test-world'

export type WorldOptions = {
  /** The folder of the service, with its config.yaml: `new URL('..', import.meta.url)`. */
  readonly folder: string | URL
  /** The steps that run, by the names of their files: `{ 'hello-world-service': syncService }`. */
  readonly steps: Readonly<Record<string, AnyStep>>
  /**
   * Decides how long delays are within their jitter.
   *
   * @default always the middle
   */
  readonly random?: Random
}

const middle: Random = () => 0.5

/**
 * Opens the service of a folder in memory. Models, delays and dependencies are those of its config.yaml; the steps run in
 * this process, called by the real core and dispatcher. Records of models whose step is not given wait.
 *
 * @throws Error saying what is wrong with the folder, its models or the names of its steps.
 * @example
 * const world = await openWorld({ folder: new URL('..', import.meta.url), steps: { color: syncColor } })
 * await world.create(Color, { name: 'red' })
 * await world.untilSynced()
 */
export const openWorld = async ({
  folder,
  steps,
  random = middle,
}: WorldOptions): Promise<TestWorld> => {
  const place = typeof folder === 'string' ? path.resolve(folder) : fileURLToPath(folder)
  const { project } = await loadProject(place, '.')
  const names = project.steps.map(({ step }) => step)
  for (const name of Object.keys(steps)) {
    if (names.includes(name)) continue
    throw new Failure(`There is no step ${name} in ${place}. ${suggestion(name, names)}`)
  }
  const coreModels = [await readCoreModels()]
  const running = new Map(Object.entries(steps))
  const database = await openPglite()
  return openTestWorld({ project, steps: running, coreModels, database, random })
}
