import type { Model, Schema } from '../schema.ts'

export type GeneratedFile = {
  /** Relative, with forward slashes: `tosca/site.yaml`. */
  readonly path: string
  /** Ends with a line break. Carries no date, so that two runs can be compared. */
  readonly text: string
}

/** Something that can be written about models. Pure: the same schema always gives the same files. */
export type Target = {
  /** What it makes, in a few words, for `syncstep generate --help`. */
  readonly summary: string
  /**
   * Describes the models asked for, which are given in schema order and may be all of them. What those refer to is
   * described too where the text would not stand without it.
   */
  readonly generate: (schema: Schema, models: readonly Model[]) => readonly GeneratedFile[]
}
