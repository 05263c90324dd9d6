import { maxIncludeDepth } from './change-schema.ts'
import { isFilter, type Filter } from './filter.ts'
import { isJsonObject, ownValue, parseJson } from './json.ts'
import { policyOperations, type PolicyOperation } from './operation.ts'
import type { EventFilter } from './work.ts'

/** What observes the records of a model. */
type Observing = {
  readonly observes: string
  /** Paths of links whose records shall travel with a change. */
  readonly include: readonly string[]
  /** The records it is for; undefined: all. */
  readonly filter?: Filter
}

export type SyncDescription = Observing & {
  readonly kind: 'sync'
  /** It is not called for a version of a record that the policy of the model has not dealt with. */
  readonly afterPolicy: boolean
  /** Wire names of the fields that it reads; none: all. */
  readonly fields: readonly string[]
}

export type PolicyDescription = Observing & {
  readonly kind: 'policy'
  /** What it has a method for. */
  readonly operations: readonly PolicyOperation[]
}

export type EventDescription = Required<EventFilter> & { readonly kind: 'event' }

export type PullDescription = {
  readonly kind: 'pull'
  /** Milliseconds from the end of one call to the next; undefined: the configuration says so. */
  readonly everyMs: number | undefined
}

/** What a running function says of itself when it is asked with GET. */
export type Description = SyncDescription | PolicyDescription | EventDescription | PullDescription

/** The model whose records a function is called for; undefined when it is called for none. */
export const observedModel = (description: Description): string | undefined =>
  'observes' in description ? description.observes : undefined

type Json = Readonly<Record<string, unknown>>

const isModelName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z_$][\w$]{0,127}$/.test(value)

const isPath = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(value) &&
  value.split('.').length <= maxIncludeDepth

const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z_]\w{0,127}$/.test(value)

const isPattern = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 1_024

/** An absent list is an empty one; undefined when it is no list of these. */
const listIn = <T>(
  value: Json,
  name: string,
  fits: (item: unknown) => item is T,
): readonly T[] | undefined => {
  const list = ownValue(value, name) ?? []
  return Array.isArray(list) && list.every(fits) ? list : undefined
}

const observingIn = (value: Json): Observing | undefined => {
  const observes = ownValue(value, 'observes')
  const include = listIn(value, 'include', isPath)
  const filter = ownValue(value, 'filter')
  if (!isModelName(observes) || include === undefined) return undefined
  if (filter === undefined) return { observes, include }
  return isFilter(filter) ? { observes, include, filter } : undefined
}

const syncIn = (value: Json): SyncDescription | undefined => {
  const observing = observingIn(value)
  const afterPolicy = ownValue(value, 'after_policy') ?? false
  const fields = listIn(value, 'fields', isName)
  if (observing === undefined || fields === undefined) return undefined
  return typeof afterPolicy === 'boolean'
    ? { kind: 'sync', ...observing, afterPolicy, fields }
    : undefined
}

const isPolicyOperation = (value: unknown): value is PolicyOperation =>
  policyOperations.some((known) => known === value)

const policyIn = (value: Json): PolicyDescription | undefined => {
  const observing = observingIn(value)
  const operations = listIn(value, 'operations', isPolicyOperation)
  return observing === undefined || operations === undefined
    ? undefined
    : { kind: 'policy', ...observing, operations }
}

const eventIn = (value: Json): EventDescription | undefined => {
  const types = listIn(value, 'types', isPattern)
  const sources = listIn(value, 'sources', isPattern)
  const topics = listIn(value, 'topics', isPattern)
  return types === undefined || sources === undefined || topics === undefined
    ? undefined
    : { kind: 'event', types, sources, topics }
}

/** Shorter is a hot loop, longer does not fit a timer. */
const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0.1 && value <= 86_400 * 24

const pullIn = (value: Json): PullDescription | undefined => {
  const every = ownValue(value, 'every')
  if (every === undefined) return { kind: 'pull', everyMs: undefined }
  return isSeconds(every) ? { kind: 'pull', everyMs: every * 1_000 } : undefined
}

const readers: Readonly<Record<string, (value: Json) => Description | undefined>> = {
  sync: syncIn,
  policy: policyIn,
  event: eventIn,
  pull: pullIn,
}

/**
 * One of these; undefined when the body is something else:
 *
 * - `{"kind"?: "sync", "observes": MODEL, "include"?: [PATHS], "filter"?: {PATH: VALUE}, "after_policy"?: true, "fields"?: [NAMES]}`
 * - `{"kind": "policy", "observes": MODEL, "include"?: [PATHS], "filter"?: {PATH: VALUE}, "operations": ["policy_create", ...]}`
 * - `{"kind": "event", "types"?: [...], "sources"?: [...], "topics"?: [...]}`
 * - `{"kind": "pull", "every"?: SECONDS}`
 */
export const descriptionFrom = (body: string): Description | undefined => {
  const value = parseJson(body)
  if (!isJsonObject(value)) return undefined
  const kind = ownValue(value, 'kind') ?? 'sync'
  if (typeof kind !== 'string' || !Object.hasOwn(readers, kind)) return undefined
  return readers[kind]?.(value)
}
