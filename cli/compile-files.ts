import { compile, parse, type Diagnostic, type Model, type Schema, type Source } from '#xproto'
import type { Flags, Input } from './command.ts'
import { readCoreModels } from './core-models.ts'

export const compatFlag: Flags = {
  compat: {
    kind: 'switch',
    help: 'Load what XOS loads: mistakes that it lets pass are warnings',
  },
}

export type CompiledFiles = {
  /** Undefined when there is a mistake. */
  readonly schema: Schema | undefined
  /** Those of the given files, in schema order; none when there is a mistake. */
  readonly models: readonly Model[]
  readonly diagnostics: readonly Diagnostic[]
  /** All that the diagnostics point at. */
  readonly sources: readonly Source[]
}

/** Core models are told from others by the model that all of them extend. */
const isCore = (source: Source): boolean =>
  /\bmessage\s+XOSBase\b/.test(source.text) &&
  parse(source).tree.statements.some(
    (statement) => statement.kind === 'message' && statement.name.text === 'XOSBase',
  )

/**
 * Compiles texts as the command line asks, together with the core models unless the texts bring core models of their
 * own.
 *
 * Of the core models only mistakes are told: what the user wrote has made them.
 */
export const compileFiles = async (
  given: readonly Source[],
  input: Input,
): Promise<CompiledFiles> => {
  // A file of the user's may be called core.xproto, too.
  const core = given.some(isCore) ? [] : [{ ...(await readCoreModels()), file: '<core models>' }]
  const sources = [...core, ...given]
  const { schema, diagnostics } = compile(sources, {
    mode: input.on('compat') ? 'compat' : 'strict',
  })
  const files = new Set(given.map(({ file }) => file))
  return {
    schema,
    models: schema?.models.filter(({ span }) => files.has(span.file)) ?? [],
    diagnostics: diagnostics.filter(
      ({ severity, span }) => severity === 'error' || files.has(span.file),
    ),
    sources,
  }
}
