import { durationMs, isFilter, maxIncludeDepth, type StepKind } from '#contract'
import type { AnyStep } from './any-step.ts'

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

type Get = (name: string) => unknown

const isBoolean = (value: unknown): boolean => typeof value === 'boolean'

const isName = (value: unknown): boolean =>
  typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value)

const isPattern = (value: unknown): boolean =>
  typeof value === 'string' && /^[^*]{0,1023}(?:[^*]|\*)$/.test(value)

/** A shorter time between calls is none; a longer one does not fit a timer. */
const isInterval = (value: unknown): boolean =>
  typeof value === 'string' && (durationMs(value) ?? 0) >= 100

/** The sentence about an optional member, unless it is as it has to be. */
const unless = (
  get: Get,
  name: string,
  isRight: (value: unknown) => boolean,
  what: string,
): readonly string[] => {
  const value = get(name)
  return value === undefined || isRight(value)
    ? []
    : [`${name} must be ${what}, got ${shown(value)}`]
}

/** The sentences about an optional list: what it must be, and what each of its items must be. */
const listMistakes = (
  get: Get,
  name: string,
  isRight: (item: unknown) => boolean,
  { list, items }: { readonly list: string; readonly items: string },
): readonly string[] => {
  const value = get(name)
  if (!Array.isArray(value)) return unless(get, name, () => false, `a list of ${list}`)
  return value
    .filter((item) => !isRight(item))
    .map((item: unknown) => `${name} must have ${items}, got ${shown(item)}`)
}

const observingMistakes = (get: Get): readonly string[] => [
  ...(isModelName(get('observes'))
    ? []
    : [`observes must be the name of a model, got ${shown(get('observes'))}`]),
  ...listMistakes(get, 'include', isPath, {
    list: 'paths',
    items: `paths of at most ${maxIncludeDepth} links such as 'owner.site'`,
  }),
  ...unless(get, 'filter', isFilter, "a map from paths such as 'owner.name' to values"),
]

const methodMistakes = (get: Get, names: readonly string[]): readonly string[] =>
  names
    .filter((name) => typeof get(name) !== 'function')
    .map((name) => `${name} must be a method, got ${shown(get(name))}`)

const present = (get: Get, names: readonly string[]): readonly string[] =>
  names.filter((name) => get(name) !== undefined)

const patterns = (list: string) => ({ list, items: `${list}, which may end in *` })

type Kind = {
  /** For people. */
  readonly title: string
  readonly methods: readonly string[]
  readonly mistakesOf: (get: Get, methods: readonly string[]) => readonly string[]
}

const kinds: Readonly<Record<StepKind, Kind>> = {
  sync: {
    title: 'a sync step',
    methods: ['sync_record', 'delete_record'],
    mistakesOf: (get, methods) => [
      ...observingMistakes(get),
      ...methodMistakes(get, methods),
      ...unless(get, 'after_policy', isBoolean, 'true or false'),
      ...listMistakes(get, 'fields', isName, { list: 'names of fields', items: 'names of fields' }),
    ],
  },
  policy: {
    title: 'a policy',
    methods: ['handle_create', 'handle_update', 'handle_delete'],
    mistakesOf: (get, methods) => [
      ...observingMistakes(get),
      ...methodMistakes(get, present(get, methods)),
    ],
  },
  event: {
    title: 'an event step',
    methods: ['process_event'],
    mistakesOf: (get, methods) => [
      ...methodMistakes(get, methods),
      ...listMistakes(get, 'types', isPattern, patterns('types of events')),
      ...listMistakes(get, 'sources', isPattern, patterns('sources of events')),
      ...listMistakes(get, 'topics', isPattern, patterns('topics')),
    ],
  },
  pull: {
    title: 'a pull step',
    methods: ['pull_records'],
    mistakesOf: (get, methods) => [
      ...methodMistakes(get, methods),
      ...unless(get, 'every', isInterval, "a duration from '100ms' to '24h' such as '30s'"),
    ],
  },
}

const noMethods = `it has none of ${Object.values(kinds)
  .map(({ title, methods }) => `${methods.join(', ')} (${title})`)
  .join('; ')}`

/** The methods tell the kind, and the kind what else there has to be. */
const mistakesOf = (step: object): readonly string[] => {
  const get: Get = (name) => Reflect.get(step, name)
  const [kind, ...others] = Object.values(kinds).filter(
    ({ methods }) => present(get, methods).length > 0,
  )
  if (kind === undefined) return [noMethods]
  if (others.length > 0) {
    const titles = [kind, ...others].map(({ title }) => title)
    return [`it has methods of ${titles.join(' and of ')}; give each a file of its own`]
  }
  return kind.mistakesOf(get, kind.methods)
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

const isStep = (value: object): value is AnyStep => mistakesOf(value).length === 0

/**
 * The step that an imported module has as its default export: a class, which is constructed without arguments, or
 * an object. Throws {@link StepError} when it is none.
 */
export const loadStep = (module: unknown, name: string): AnyStep => {
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
