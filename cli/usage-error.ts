type Unknown = { readonly word: string; readonly known: readonly string[] }

/** The command line is not one that `syncstep` knows: status 2, and the way to its help is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** The word that nobody knows, and those that could stand in its place; the nearest one is told. */
  readonly unknown: Unknown | undefined

  constructor(message: string, unknown?: Unknown) {
    super(message)
    this.unknown = unknown
  }
}
