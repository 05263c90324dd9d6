import { maxIncludeDepth } from '#contract'
import type { Step } from './step.ts'

/** A module that is no step. The message lists everything that is wrong with it. */
export class StepError extends Error {
  override readonly name = 'StepError'
  readonly code = 'STEP_MALFORMED'
}

const isModelName = (value: unknown): boolean =>
  typeof value === 'string' && /^[A-Za-z_$][\w$]*$/.test(value)

const isPath = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(value) &&
  value.split('.').length <= maxIncludeDepth

const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? `'${value}'` : `a ${typeof value}`

const mistakesOf = (step: object): readonly string[] => {
  const get = (name: string): unknown => Reflect.get(step, name)
  const observes = get('observes')
  const include = get('include')
  const missing = ['sync_record', 'delete_record'].filter((name) => typeof get(name) !== 'function')
  const paths: readonly unknown[] = Array.isArray(include) ? include : []
  return [
    ...(isModelName(observes)
      ? []
      : [`observes must be the name of a model, got ${shown(observes)}`]),
    ...missing.map((name) => `${name} must be a method, got ${shown(get(name))}`),
    ...(include === undefined || Array.isArray(include)
      ? []
      : [`include must be a list of paths, got ${shown(include)}`]),
    ...paths
      .filter((path) => !isPath(path))
      .map(
        (path) =>
          `include must have paths of at most ${maxIncludeDepth} links such as 'owner.site', got ${shown(path)}`,
      ),
  ]
}

const constructed = (exported: unknown, name: string): unknown => {
  if (typeof exported !== 'function') return exported
  try {
    return Reflect.construct(exported, [])
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StepError(`Step ${name} cannot be constructed: ${reason}`)
  }
}

const isStep = (value: object): value is Step => mistakesOf(value).length === 0

/**
 * The step that an imported module has as its default export: a class, which is constructed without arguments, or
 * an object. Throws {@link StepError} when it is none.
 */
export const loadStep = (module: unknown, name: string): Step => {
  const exported: unknown =
    typeof module === 'object' && module !== null ? Reflect.get(module, 'default') : undefined
  const step = constructed(exported, name)
  if (typeof step !== 'object' || step === null) {
    throw new StepError(
      `Step ${name} must have a default export that is a class or an object, got ${shown(exported)}`,
    )
  }
  if (isStep(step)) return step
  throw new StepError(`Step ${name} is no step: ${mistakesOf(step).join('; ')}`)
}
