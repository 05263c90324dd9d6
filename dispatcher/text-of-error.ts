/** What a thrown value says for people; never its stack. */
export const textOfError = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
