import { maxIncludeDepth } from '#contract'

/** What a running function says of itself when it is asked with GET. */
export type Description = {
  readonly observes: string
  readonly include: readonly string[]
}

export type Question = {
  readonly url: string
  /** Shown as bearer token. */
  readonly token: string | undefined
}

/** Asks with GET. Rejects when there is no whole answer of bearable size. */
export type Ask = (
  question: Question,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: string }>

const isModelName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z_$][\w$]{0,127}$/.test(value)

const isPath = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(value) &&
  value.split('.').length <= maxIncludeDepth

const descriptionFrom = (body: string): Description | undefined => {
  const value = JSON.parse(body) as unknown
  if (typeof value !== 'object' || value === null) return undefined
  const { observes, include = [] } = value as { observes?: unknown; include?: unknown }
  if (!isModelName(observes) || !Array.isArray(include) || !include.every(isPath)) return undefined
  return { observes, include }
}

/** @throws Error saying what the function answered instead of its description. */
export const describeFunction = async (
  ask: Ask,
  question: Question,
  signal: AbortSignal,
): Promise<Description> => {
  const { url } = question
  const { status, body } = await ask(question, signal)
  if (status !== 200) throw new Error(`Expected 200 from GET ${url}, got ${status}`)
  const description = parsed(body)
  if (description !== undefined) return description
  throw new Error(
    `Expected {"observes": MODEL, "include": [PATHS]} from GET ${url}, got ${body.slice(0, 200)}`,
  )
}

const parsed = (body: string): Description | undefined => {
  try {
    return descriptionFrom(body)
  } catch {
    return undefined
  }
}
