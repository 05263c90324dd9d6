import { parse, type Diagnostic, type Source } from '#xproto'
import type { Command } from './command.ts'
import { compileFiles } from './compile-files.ts'
import { counted, hasMistakes, tellDiagnostics, verdictOn } from './tell-diagnostics.ts'
import { pathsParameter, readXproto } from './xproto-files.ts'

type Checked = {
  readonly diagnostics: readonly Diagnostic[]
  readonly sources: readonly Source[]
  /** How many models the given files define. */
  readonly models: number
}

/** Each text by itself: what other texts define is not asked. */
const checkSyntax = (sources: readonly Source[]): Checked => {
  const parsed = sources.map((source) => parse(source))
  const statements = parsed.flatMap(({ tree }) => tree.statements)
  return {
    diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
    sources,
    models: statements.filter(({ kind }) => kind === 'message').length,
  }
}

const checkAll = async (given: readonly Source[]): Promise<Checked> => {
  const { schema, diagnostics, sources } = await compileFiles(given)
  const own = new Set(given.map(({ file }) => file))
  const models = schema?.models.filter(({ span }) => own.has(span.file)) ?? []
  return { diagnostics, sources, models: models.length }
}

/** Looks for mistakes in models. */
export const checkCommand: Command = {
  parameters: [pathsParameter],
  flags: {
    'syntax-only': {
      kind: 'switch',
      help: 'Look at each text by itself, and not at what its names and numbers mean',
    },
  },
  variables: {},

  async run(input, world) {
    const { stdout, stderr } = world
    const given = await readXproto(input.parameters, world)
    const checked = input.on('syntax-only') ? checkSyntax(given) : await checkAll(given)
    const { diagnostics, sources, models } = checked
    tellDiagnostics(diagnostics, sources, stdout)
    const files = counted(given.length, 'file')
    const verdict = verdictOn(diagnostics)
    const failed = hasMistakes(diagnostics)
    const summary = failed
      ? `${verdict} in ${files}`
      : `${files}, ${counted(models, 'model')}, ${verdict}`
    stderr.write(`${summary}\n`)
    return failed ? 1 : 0
  },
}
