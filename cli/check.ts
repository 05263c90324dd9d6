import { leniencies, parse, toGithub, toJson, type Diagnostic, type Source } from '#xproto'
import type { Command, Input } from './command.ts'
import { compatFlag, compileFiles } from './compile-files.ts'
import { counted, hasMistakes, tellDiagnostics, verdictOn } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'
import { pathsParameter, readXproto } from './xproto-files.ts'

type Checked = {
  readonly diagnostics: readonly Diagnostic[]
  readonly sources: readonly Source[]
  /** How many models the given files define. */
  readonly modelCount: number
}

type Tell = ({ diagnostics, sources }: Checked, world: World) => void

const formats: Readonly<Record<string, Tell>> = {
  text: ({ diagnostics, sources }, world) =>
    tellDiagnostics(diagnostics, sources, world.stdout, world),
  json: ({ diagnostics, sources }, { stdout }) => {
    const list = diagnostics.map((diagnostic) => toJson(diagnostic, sources))
    stdout.write(`${JSON.stringify(list, undefined, 2)}\n`)
  },
  github: ({ diagnostics, sources }, { stdout }) => {
    for (const diagnostic of diagnostics) stdout.write(`${toGithub(diagnostic, sources)}\n`)
  },
}

const formatFrom = (input: Input): Tell => {
  const name = input.text('format') ?? ''
  const tell = Object.entries(formats).find(([known]) => known === name)?.[1]
  if (tell !== undefined) return tell
  throw new UsageError(`Expected --format to be text, json or github, got "${name}".`)
}

const forgiven = (diagnostic: Diagnostic): Diagnostic =>
  leniencies.has(diagnostic.code) ? { ...diagnostic, severity: 'warning' } : diagnostic

/** Each text by itself: what other texts define is not asked. */
const checkSyntax = (sources: readonly Source[], input: Input): Checked => {
  const parsed = sources.map((source) => parse(source))
  const statements = parsed.flatMap(({ tree }) => tree.statements)
  const diagnostics = parsed.flatMap((text) => text.diagnostics)
  return {
    diagnostics: input.on('compat') ? diagnostics.map(forgiven) : diagnostics,
    sources,
    modelCount: statements.filter(({ kind }) => kind === 'message').length,
  }
}

const checkAll = async (given: readonly Source[], input: Input): Promise<Checked> => {
  const { models, diagnostics, sources } = await compileFiles(given, input)
  return { diagnostics, sources, modelCount: models.length }
}

/** Who takes over files that XOS loads need not mend them first. */
const adviceOn = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.every(({ severity, code }) => severity === 'warning' || leniencies.has(code))
    ? '; for files that XOS loads as they are there is --compat'
    : ''

/** Looks for mistakes in models. */
export const checkCommand: Command = {
  parameters: [pathsParameter],
  flags: {
    format: {
      kind: 'text',
      value: 'text|json|github',
      help: 'For people, for programs, or as annotations of a GitHub workflow',
      default: 'text',
    },
    'syntax-only': {
      kind: 'switch',
      help: 'Look at each text by itself, and not at what its names and numbers mean',
    },
    ...compatFlag,
  },
  variables: {},

  async run(input, world) {
    const tell = formatFrom(input)
    const given = await readXproto(input.parameters, world)
    const checked = input.on('syntax-only')
      ? checkSyntax(given, input)
      : await checkAll(given, input)
    tell(checked, world)
    const { diagnostics, modelCount } = checked
    const files = counted(given.length, 'file')
    const verdict = verdictOn(diagnostics)
    const failed = hasMistakes(diagnostics)
    const summary = failed
      ? `${verdict} in ${files}${adviceOn(diagnostics)}`
      : `${files}, ${counted(modelCount, 'model')}, ${verdict}`
    world.stderr.write(`${summary}\n`)
    return failed ? 1 : 0
  },
}
