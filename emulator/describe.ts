import { descriptionFrom, type Credentials, type Description } from '#contract'

export type { Description }

export type Question = Credentials & { readonly url: string }

/** Asks with GET. Rejects when there is no whole answer of bearable size. */
export type Ask = (
  question: Question,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: string }>

/** @throws Error saying what the function answered instead of its description. */
export const describeFunction = async (
  ask: Ask,
  question: Question,
  signal: AbortSignal,
): Promise<Description> => {
  const { url } = question
  const { status, body } = await ask(question, signal)
  if (status !== 200) throw new Error(`Expected 200 from GET ${url}, got ${status}`)
  const description = descriptionFrom(body)
  if (description !== undefined) return description
  throw new Error(
    `Expected {"observes": MODEL, "include": [PATHS]} from GET ${url}, got ${body.slice(0, 200)}`,
  )
}
