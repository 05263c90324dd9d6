/** The bound parameters of one statement. */
export type Parameters = {
  /** Binds a value and answers its place: `$1`, `$2`, ... */
  bind(value: unknown): string
  readonly values: readonly unknown[]
}

export const createParameters = (): Parameters => {
  const values: unknown[] = []
  return {
    bind: (value) => `$${values.push(value)}`,
    values,
  }
}

/** A name of the schema as SQL text. Values of users are always bound. */
export const quoted = (name: string): string => `'${name.replaceAll("'", "''")}'`
