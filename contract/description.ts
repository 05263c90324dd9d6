import { maxIncludeDepth } from './change-schema.ts'
import { isJsonObject, ownValue, parseJson } from './json.ts'

/** What a running function says of itself when it is asked with GET. */
export type Description = {
  readonly observes: string
  /** Paths of links whose records shall travel with a change. */
  readonly include: readonly string[]
}

const isModelName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z_$][\w$]{0,127}$/.test(value)

const isPath = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(value) &&
  value.split('.').length <= maxIncludeDepth

/** `{"observes": MODEL, "include"?: [PATHS]}`; undefined when the body is something else. */
export const descriptionFrom = (body: string): Description | undefined => {
  const value = parseJson(body)
  if (!isJsonObject(value)) return undefined
  const observes = ownValue(value, 'observes')
  const include = ownValue(value, 'include') ?? []
  if (!isModelName(observes) || !Array.isArray(include) || !include.every(isPath)) return undefined
  return { observes, include }
}
