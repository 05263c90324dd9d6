import type { CoreSettings } from '#emulator'
import { Failure } from './failure.ts'
import type { World } from './world.ts'

/** Attributes that every event has; they are no extensions. */
const ownNames = new Set([
  ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'],
  ...['dataschema', 'datacontenttype'],
])

const isExtensionName = (name: string): boolean =>
  /^[a-z0-9]{1,20}$/.test(name) && !ownNames.has(name)

const isValue = (value: unknown): boolean =>
  typeof value === 'string' && !/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(value)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const extensionsFrom = (text: string): Readonly<Record<string, string>> => {
  const overrides = parsed(text)
  const extensions = isObject(overrides) ? (overrides['extensions'] ?? {}) : undefined
  const isFit = ([name, value]: readonly [string, unknown]): boolean =>
    isExtensionName(name) && isValue(value)
  if (isObject(extensions) && Object.entries(extensions).every(isFit)) {
    return extensions as Readonly<Record<string, string>>
  }
  throw new Failure(
    'Expected K_CE_OVERRIDES to be {"extensions": {"name": "value"}}, with names of a-z and 0-9 that are not those of CloudEvents itself, and values that are text without control characters.',
  )
}

/**
 * Where changes are posted to, as Knative's SinkBinding says it. Undefined when it says nothing.
 *
 * @throws Failure when a variable cannot be used. The URL, which may hold a secret, is not told.
 */
export const sinkFrom = (environment: World['environment']): CoreSettings['sink'] => {
  const url = environment['K_SINK'] ?? ''
  if (url === '') return undefined
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Failure('Expected K_SINK to be an http or https URL.')
  }
  return { url, extensions: extensionsFrom(environment['K_CE_OVERRIDES'] || '{}') }
}
