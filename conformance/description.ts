import { maxIncludeDepth } from '#contract'
import type { Reply } from './exchange.ts'

/** What a function says of itself when it is asked with GET. */
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

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Undefined when the answer is no description. */
export const descriptionFrom = (reply: Reply): Description | undefined => {
  if (!('answer' in reply) || reply.answer.status !== 200) return undefined
  const value = parsed(reply.answer.body)
  if (typeof value !== 'object' || value === null) return undefined
  const { observes, include = [] } = value as { observes?: unknown; include?: unknown }
  if (!isModelName(observes) || !Array.isArray(include) || !include.every(isPath)) return undefined
  return { observes, include }
}
