import { compile, parse, type Diagnostic, type Schema, type Source } from '#xproto'
import { readCoreModels } from './core-models.ts'

export type CompiledFiles = {
  /** Undefined when there is a mistake. */
  readonly schema: Schema | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** All that the diagnostics point at. */
  readonly sources: readonly Source[]
}

/** Its ancestor of everything tells core models from others. */
const isCore = (source: Source): boolean =>
  /\bmessage\s+XOSBase\b/.test(source.text) &&
  parse(source).tree.statements.some(
    (statement) => statement.kind === 'message' && statement.name.text === 'XOSBase',
  )

/**
 * Compiles texts together with the core models, unless they bring core models of their own.
 *
 * Of the core models only mistakes are told: what the user wrote has made them.
 */
export const compileFiles = async (given: readonly Source[]): Promise<CompiledFiles> => {
  // A file of the user's may be called core.xproto, too.
  const core = given.some(isCore) ? [] : [{ ...(await readCoreModels()), file: '<core models>' }]
  const sources = [...core, ...given]
  const { schema, diagnostics } = compile(sources)
  const own = new Set(given.map(({ file }) => file))
  return {
    schema,
    sources,
    diagnostics: diagnostics.filter(
      ({ severity, span }) => severity === 'error' || own.has(span.file),
    ),
  }
}
