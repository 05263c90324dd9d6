import { CoreError } from '#core'

/**
 * Something outside the program is not as it must be: a file, a port, a folder, an argument. The message is for the
 * person who can repair it and says what to do; it needs no stack.
 */
export class SetupError extends Error {
  override readonly name = 'SetupError'
  readonly code = 'SETUP'
}

/** What a core says when it cannot be opened, such as that stored models do not compile any more, is for people to read. */
export const forUser = (error: unknown): unknown =>
  error instanceof CoreError ? new SetupError(error.message) : error
