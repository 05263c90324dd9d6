import path from 'node:path'
import { targets, type Target } from '#xproto'
import type { Command } from './command.ts'
import { compatFlag, compileFiles } from './compile-files.ts'
import { Failure } from './failure.ts'
import { replaceFile } from './files.ts'
import { findModelsDir } from './project.ts'
import { tellDiagnostics, verdictOn } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'
import { pathsParameter, readXproto } from './xproto-files.ts'

const targetNamed = (name: string): Target => {
  const target = Object.entries(targets).find(([known]) => known === name)?.[1]
  if (target !== undefined) return target
  throw new UsageError(`Unknown target "${name}".`, { word: name, known: Object.keys(targets) })
}

/** Types belong beside the models of a synchronizer; other targets, and other paths, have no place of their own. */
const ownPlace = async (
  target: string,
  [directory, ...others]: readonly string[],
  cwd: string,
): Promise<string | undefined> =>
  target === 'types' && directory !== undefined && others.length === 0
    ? findModelsDir(cwd, directory)
    : undefined

/** Writes what follows from models: types, API descriptions, drawings. */
export const generateCommand: Command = {
  parameters: [{ name: 'TARGET', help: 'what to write, see below' }, pathsParameter],
  flags: {
    output: {
      kind: 'text',
      short: 'o',
      value: 'DIR',
      help: 'Folder to write to; else standard output, if the target is one file, and types of a synchronizer beside its models',
    },
    'with-core': {
      kind: 'switch',
      help: 'Describe the core models, too, and not only those of the files',
    },
    ...compatFlag,
  },
  variables: {},
  lists: {
    Targets: Object.fromEntries(
      Object.entries(targets).map(([name, { summary }]) => [name, summary]),
    ),
  },

  async run(input, world) {
    const { cwd, stdout, stderr } = world
    const [name = '', ...paths] = input.parameters
    const target = targetNamed(name)
    const own = await ownPlace(name, paths, cwd)
    const given = await readXproto(own === undefined ? paths : [own], world)
    const { schema, models, diagnostics, sources } = await compileFiles(given, input)
    tellDiagnostics(diagnostics, sources, stderr, world)
    if (schema === undefined) {
      stderr.write(`Nothing is written: ${verdictOn(diagnostics)}\n`)
      return 1
    }
    const asked = input.on('with-core') ? schema.models : models
    if (asked.length === 0) throw new Failure('Expected a model in the files, there is none.')

    const files = target.generate(schema, asked)
    const folder = input.text('output') ?? own
    if (folder === undefined) {
      const [only, ...others] = files
      if (only === undefined || others.length > 0) {
        throw new UsageError(`${name} is ${files.length} files. Say with -o where they shall be.`)
      }
      stdout.write(only.text)
      return 0
    }
    for (const file of files) {
      const place = path.join(folder, file.path)
      await replaceFile(path.resolve(cwd, place), file.text)
      stdout.write(`${place}\n`)
    }
    return 0
  },
}
