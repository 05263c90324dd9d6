/** Something that the user can repair; the message says what to do, and its stack would tell nothing. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code = 'SETUP'
}

/**
 * Whether the message alone is for the user. By code, not by class: commands that need no emulator, of which starting
 * fast is asked, do not load it to know its errors.
 */
export const isForUser = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'SETUP'
