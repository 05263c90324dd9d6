import { createDiagnostics, type Diagnostic } from './diagnostics.ts'
import { isTolerated, type Mode } from './leniencies.ts'
import { parseInto } from './parse.ts'
import { checks } from './passes/index.ts'
import { createProgram } from './program.ts'
import { resolve } from './resolve.ts'
import type { Schema } from './schema.ts'
import type { Source } from './source.ts'

export type Compiled = {
  /** Undefined when there is an error among the diagnostics. */
  readonly schema: Schema | undefined
  /** In the order of the sources, then of the text. */
  readonly diagnostics: readonly Diagnostic[]
}

export type CompileOptions = {
  /**
   * `compat` loads what the original loads, with a warning for each mistake that the original lets pass.
   *
   * @default 'strict'
   */
  readonly mode?: Mode
  /**
   * Asked in compat mode about each mistake that the original lets pass: whether it passes here, too.
   *
   * @default all pass
   */
  readonly forgives?: (mistake: Diagnostic) => boolean
}

/**
 * Checks xproto texts that belong together (the core models first, then services) and resolves them into a schema.
 * Never throws: what is wrong with a text is in the diagnostics.
 */
export const compile = (
  sources: readonly Source[],
  { mode = 'strict', forgives = () => true }: CompileOptions = {},
): Compiled => {
  const diagnostics = createDiagnostics(
    sources,
    (mistake) => mode === 'compat' && isTolerated(mistake.code) && forgives(mistake),
  )
  const trees = sources.map((source) => parseInto(source, diagnostics.report))
  const program = createProgram(trees, mode)
  for (const check of checks) check(program, diagnostics.report)
  return {
    schema: diagnostics.hasErrors() ? undefined : resolve(program),
    diagnostics: diagnostics.inSourceOrder(),
  }
}
