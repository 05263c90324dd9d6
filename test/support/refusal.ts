import { CoreError } from '#core'

/** The error that the core answers. Fails when it answers anything else. */
export const refusalOf = async (work: Promise<unknown>): Promise<CoreError> => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof CoreError) return thrown
  throw new Error(`Expected a CoreError, got ${String(thrown)}`)
}
