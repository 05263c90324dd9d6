import path from 'node:path'
import { parse, print, type Source } from '#xproto'
import type { Command } from './command.ts'
import { replaceFile } from './files.ts'
import { counted, hasMistakes, tellDiagnostics, verdictOn } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'
import { pathsParameter, readXproto } from './xproto-files.ts'
import type { World } from './world.ts'

/** The source and its new text; nothing when there are mistakes: what is not understood cannot be written again. */
const formatOne = (source: Source, world: World) => {
  const { tree, diagnostics } = parse(source)
  if (!hasMistakes(diagnostics)) return [{ ...source, formatted: print(tree) }]
  tellDiagnostics(diagnostics, [source], world.stderr, world)
  world.stderr.write(`${source.file} is left as it is: ${verdictOn(diagnostics)}\n`)
  return []
}

/** Brings the text of models into its one form. */
export const formatCommand: Command = {
  parameters: [pathsParameter],
  flags: {
    check: {
      kind: 'switch',
      help: 'Change nothing: list the files that would change, and end with status 1 if there are any',
    },
  },
  variables: {},

  async run(input, world) {
    const { cwd, stdout, stderr } = world
    const isCheck = input.on('check')
    const toStdout = input.parameters.includes('-') && !isCheck
    if (toStdout && input.parameters.length > 1) {
      throw new UsageError('Expected - alone: what it reads is written to standard output.')
    }
    const sources = await readXproto(input.parameters, world)
    const understood = sources.flatMap((source) => formatOne(source, world))
    const broken = understood.length < sources.length
    if (toStdout) {
      for (const { formatted } of understood) stdout.write(formatted)
      return broken ? 1 : 0
    }
    const changed = understood.filter(({ text, formatted }) => formatted !== text)
    for (const { file, formatted } of changed) {
      if (!isCheck) await replaceFile(path.resolve(cwd, file), formatted)
      stdout.write(`${file}\n`)
    }
    const files = counted(sources.length, 'file')
    stderr.write(`${changed.length} of ${files} ${isCheck ? 'to format' : 'formatted'}\n`)
    return broken || (isCheck && changed.length > 0) ? 1 : 0
  },
}
