import type { Tested } from './tested.ts'

/** What is wrong, as people read it: `Expected EXPECTED, got CAME. ADVICE`. */
export type Finding = {
  readonly expected: string
  readonly came: string
  /** What to do, in one or two sentences. */
  readonly advice: string
}

export type Result =
  | { readonly verdict: 'passed' }
  | ({ readonly verdict: 'failed' } & Finding)
  /** `why` says what is missing for it, and how to give that. */
  | { readonly verdict: 'skipped'; readonly why: string }

/** Something that the function contract has, and that can be seen from outside. */
export type Check = {
  /** Stable: `too-large`. */
  readonly id: string
  /** What is true of a function that passes, in a sentence. */
  readonly says: string
  /** It tells nothing of a function that could sync the sample in no mode. */
  readonly needsSync?: true
  run(tested: Tested): Promise<Result>
}

export const passed: Result = { verdict: 'passed' }

export const failed = (finding: Finding): Result => ({ verdict: 'failed', ...finding })

export const skipped = (why: string): Result => ({ verdict: 'skipped', why })

/** Goes on until one of them is not passed, and answers that. */
export const eachOf = async <T>(
  items: readonly T[],
  run: (item: T) => Promise<Result>,
): Promise<Result> => {
  for (const item of items) {
    const result = await run(item)
    if (result.verdict !== 'passed') return result
  }
  return passed
}
