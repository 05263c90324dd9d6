/** The command line is not one that `syncstep` knows: status 2, and the way to its help is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
