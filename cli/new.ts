import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from './command.ts'
import { Failure } from './failure.ts'
import { refreshTypes } from './keep-types.ts'
import { observedModels } from './observed-models.ts'
import { projectFolders, type ProjectFolders } from './project-folders.ts'
import { projectModels } from './project-models.ts'
import { writeFiles } from './scaffold/files.ts'
import { stepFiles } from './scaffold/step-files.ts'
import { stepNameOf } from './step-name.ts'
import { suggestion } from './suggestion.ts'
import { verdictOn } from './tell-diagnostics.ts'
import { UsageError } from './usage-error.ts'

const kinds = { step: 'a step that observes a model, and its test' } as const

const checkKind = (kind: string): void => {
  if (Object.hasOwn(kinds, kind)) return
  throw new UsageError(`Unknown kind "${kind}".`, { word: kind, known: Object.keys(kinds) })
}

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

const checkIsFree = async ({ folder, stepsDir }: ProjectFolders, model: string): Promise<void> => {
  const place = path.resolve(folder, stepsDir)
  const steps = existsSync(place) ? await observedModels(place) : []
  const other = steps.find((step) => step.model === model)
  if (other === undefined) return
  throw new Failure(
    `${path.join(stepsDir, other.file)} observes ${model} already, and each model has one step.`,
  )
}

/** Adds to a service. Another word than `create`, which makes records. */
export const newCommand: Command = {
  parameters: [
    { name: 'KIND', help: 'what to make, see below' },
    { name: 'NAME', help: 'name of the function, such as hello-world-service' },
  ],
  flags: {
    model: { kind: 'text', short: 'm', value: 'MODEL', help: 'The model that the step observes' },
    dir: { kind: 'text', short: 'd', value: 'DIR', help: 'Folder of the service', default: '.' },
  },
  variables: {},
  lists: { Kinds: kinds },

  async run(input, { cwd, stdout }) {
    const [kind = '', name = ''] = input.parameters
    checkKind(kind)
    const model = input.text('model')
    if (model === undefined) throw new UsageError('Expected --model: the model that it observes.')
    const folders = await projectFolders(cwd, input.text('dir') ?? '.')
    const { folder, stepsDir, modelsDir } = folders
    await checkModel(path.resolve(folder, modelsDir), model)
    await checkIsFree(folders, model)
    const files = stepFiles({ name: stepNameOf(`${name}.ts`), model, stepsDir, modelsDir })
    const taken = Object.keys(files).find((file) => existsSync(path.join(folder, file)))
    if (taken !== undefined) throw new Failure(`${taken} is there already. Choose another name.`)
    await refreshTypes(path.resolve(folder, modelsDir))
    await writeFiles(folder, files)
    for (const file of Object.keys(files)) {
      stdout.write(`${path.relative(cwd, path.join(folder, file))}\n`)
    }
    return 0
  },
}
