import { existsSync } from 'node:fs'
import path from 'node:path'
import { kindNames, type StepKind } from '#contract'
import type { Command, Input } from './command.ts'
import { Failure } from './failure.ts'
import { readText } from './files.ts'
import { refreshTypes } from './keep-types.ts'
import { observedModels } from './observed-models.ts'
import { projectFolders, type ProjectFolders } from './project-folders.ts'
import { projectModels } from './project-models.ts'
import { folderKeys } from './project.ts'
import { writeFiles, type Files } from './scaffold/files.ts'
import { stepFiles } from './scaffold/step-files.ts'
import { stepNameOf } from './step-name.ts'
import { suggestion } from './suggestion.ts'
import { verdictOn } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'

type Kind = {
  readonly help: string
  readonly kind: StepKind
  /** Where such steps go in a service that has none yet. */
  readonly dir: string
  readonly observes: boolean
}

const kinds: Readonly<Record<string, Kind>> = {
  step: {
    help: 'a step that observes a model, and its test',
    kind: 'sync',
    dir: 'steps',
    observes: true,
  },
  policy: {
    help: 'a policy, which writes other records as those of a model ask for',
    kind: 'policy',
    dir: 'model_policies',
    observes: true,
  },
  event: {
    help: 'a step that deals with events from elsewhere',
    kind: 'event',
    dir: 'event_steps',
    observes: false,
  },
  pull: {
    help: 'a step that looks at the world again and again',
    kind: 'pull',
    dir: 'pull_steps',
    observes: false,
  },
}

const kindFrom = (word: string): Kind => {
  const kind = Object.entries(kinds).find(([known]) => known === word)?.[1]
  if (kind !== undefined) return kind
  throw new UsageError(`Unknown kind "${word}".`, { word, known: Object.keys(kinds) })
}

/** Empty for a kind that observes none. */
const modelFrom = (input: Input, { observes, kind }: Kind): string => {
  const model = input.text('model')
  if (observes && model === undefined) {
    throw new UsageError('Expected --model: the model that it observes.')
  }
  if (!observes && model !== undefined) {
    throw new UsageError(`Expected no --model: ${kindNames[kind].many} observe none.`)
  }
  return model ?? ''
}

const configFile = 'config.yaml'

/** The model by its name, which has to have records. */
const checkModel = async (folder: string, model: string): Promise<void> => {
  const { schema, diagnostics } = await projectModels(folder)
  if (schema === undefined) {
    const mistakes = verdictOn(diagnostics)
    throw new Failure(`The models have ${mistakes}. syncstep check ${folder} shows them.`)
  }
  const known = schema.models.filter(({ abstract }) => !abstract).map(({ name }) => name)
  if (known.includes(model)) return
  throw new Failure(`There is no model ${model}. ${suggestion(model, known)}`)
}

const checkIsFree = async (
  { folder }: ProjectFolders,
  { kind }: Kind,
  stepsDir: string,
  model: string,
): Promise<void> => {
  const place = path.resolve(folder, stepsDir)
  const steps = existsSync(place) ? await observedModels(place) : []
  const other = steps.find((step) => step.model === model)
  if (other === undefined) return
  throw new Failure(
    `${path.join(stepsDir, other.file)} observes ${model} already, and each model has one ${kindNames[kind].one}.`,
  )
}

/** Every step becomes a function of its name, so no other one may have it. */
const checkName = ({ folder, stepsDirs }: ProjectFolders, name: string, files: Files): void => {
  const steps = [...stepsDirs.values()].map((dir) => path.join(dir, `${name}.ts`))
  const taken = [...steps, ...Object.keys(files)].find((file) =>
    existsSync(path.resolve(folder, file)),
  )
  if (taken !== undefined) throw new Failure(`${taken} is there already. Choose another name.`)
}

/** The configuration with one key more. */
const withKey = async (folder: string, line: string): Promise<Files> => {
  const text = await readText(path.join(folder, configFile), 'the config.yaml of a synchronizer')
  return { [configFile]: `${text.trimEnd()}\n${line}\n` }
}

/** Adds to a service. Another word than `create`, which makes records. */
export const newCommand: Command = {
  parameters: [
    { name: 'KIND', help: 'what to make, see below' },
    { name: 'NAME', help: 'name of the function, such as hello-world-service' },
  ],
  flags: {
    model: {
      kind: 'text',
      short: 'm',
      value: 'MODEL',
      help: 'The model that the step or policy observes',
    },
    dir: { kind: 'text', short: 'd', value: 'DIR', help: 'Folder of the service', default: '.' },
  },
  variables: {},
  lists: {
    Kinds: Object.fromEntries(Object.entries(kinds).map(([word, { help }]) => [word, help])),
  },

  async run(input, { cwd, stdout }) {
    const [word = '', given = ''] = input.parameters
    const kind = kindFrom(word)
    const model = modelFrom(input, kind)
    const name = stepNameOf(`${given}.ts`)
    const folders = await projectFolders(cwd, input.text('dir') ?? '.')
    const { folder, stepsDirs, modelsDir } = folders
    const stepsDir = stepsDirs.get(kind.kind) ?? kind.dir
    if (kind.observes) {
      await checkModel(path.resolve(folder, modelsDir), model)
      await checkIsFree(folders, kind, stepsDir, model)
    }
    const made = stepFiles({ kind: kind.kind, name, model, stepsDir, modelsDir })
    checkName(folders, name, made)
    const line = `${folderKeys[kind.kind]}: ${stepsDir}`
    const settings = stepsDirs.has(kind.kind) ? {} : await withKey(folder, line)
    const files = { ...made, ...settings }
    await refreshTypes(path.resolve(folder, modelsDir))
    await writeFiles(folder, files)
    for (const file of Object.keys(files)) {
      stdout.write(`${path.relative(cwd, path.join(folder, file))}\n`)
    }
    return 0
  },
}
