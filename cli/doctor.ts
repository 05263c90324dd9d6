import path from 'node:path'
import process from 'node:process'
import type { Command } from './command.ts'
import { checkEndpoint } from './doctor/core-endpoint.ts'
import { note, ok, wrong, type Finding } from './doctor/finding.ts'
import { checkModels, checkTypes } from './doctor/models.ts'
import { checkNodeVersion } from './doctor/node-version.ts'
import { checkPorts } from './doctor/ports.ts'
import { checkSteps, checkTypeScript, type KnownModel } from './doctor/steps.ts'
import { isForUser } from './failure.ts'
import { readTextIfAny } from './files.ts'
import { observedModels } from './observed-models.ts'
import { projectModels } from './project-models.ts'
import { loadProject, type LoadedProject } from './project.ts'
import { counted } from './tell-diagnostics.ts'
import type { World } from './world.ts'

/** As the user calls a folder of the service that the program knows by its absolute path. */
const shownFolder = (directory: string, { project }: LoadedProject, place: string): string =>
  path.join(directory, path.relative(project.folder, place))

const knownModels = async (modelsDir: string): Promise<readonly KnownModel[] | undefined> => {
  const { schema, models } = await projectModels(modelsDir)
  return schema?.models
    .filter(({ abstract }) => !abstract)
    .map(({ name, options }) => ({
      name,
      isOwn: models.some((own) => own.name === name) && options.get('no_sync') !== 'True',
    }))
}

const checkRequired = (
  { project }: LoadedProject,
  models: readonly KnownModel[] | undefined,
): readonly Finding[] => {
  if (models === undefined) return []
  const missing = project.requiredModels.filter((name) => !models.some((one) => one.name === name))
  if (missing.length === 0) return []
  return [
    wrong(
      `required_models of config.yaml names ${missing.join(', ')}, which is no model here`,
      'Correct the name, or let the core load the service that has it first.',
    ),
  ]
}

const checkStepsOf = async (
  loaded: LoadedProject,
  models: readonly KnownModel[] | undefined,
): Promise<readonly Finding[]> => {
  const { steps, folders, folder } = loaded.project
  const stepsDir = folders.get('sync')
  if (steps.length === 0) {
    return [note('There are no steps', 'syncstep new step NAME --model MODEL makes one.')]
  }
  const inTypeScript = steps.some(({ file }) => file?.endsWith('.ts') === true)
  return [
    ...checkSteps(stepsDir === undefined ? [] : await observedModels(stepsDir), models),
    ...(inTypeScript ? await checkTypeScript(folder) : []),
  ]
}

const checkService = async (
  directory: string,
  loaded: LoadedProject,
): Promise<readonly Finding[]> => {
  const { project, modelsDir, accessor } = loaded
  const shown = modelsDir === undefined ? '' : shownFolder(directory, loaded, modelsDir)
  const models = modelsDir === undefined ? undefined : await knownModels(modelsDir)
  const inTypeScript = project.steps.some(({ file }) => file?.endsWith('.ts') === true)
  return [
    ok(`${path.join(directory, 'config.yaml')} has no mistakes`),
    ...(modelsDir === undefined ? [] : [await checkModels(modelsDir, shown)]),
    ...checkRequired(loaded, models),
    ...(await checkStepsOf(loaded, models)),
    ...(modelsDir === undefined || !inTypeScript ? [] : await checkTypes(modelsDir, shown)),
    ...(accessor.endpoint === undefined ? [] : [await checkEndpoint(accessor.endpoint)]),
  ]
}

/** What stands in a folder, if it is a service. */
const checkFolder = async (cwd: string, directory: string): Promise<readonly Finding[]> => {
  const config = path.resolve(cwd, directory, 'config.yaml')
  if ((await readTextIfAny(config)) === undefined) {
    return [
      note(
        `There is no service in ${directory}: no config.yaml`,
        'syncstep init NAME makes one; syncstep doctor DIR looks at another folder.',
      ),
    ]
  }
  try {
    return await checkService(directory, await loadProject(cwd, directory))
  } catch (error) {
    if (!isForUser(error)) throw error
    return [wrong(error.message, 'Nothing runs before that is mended.')]
  }
}

const lineOf = ({ state, text, advice }: Finding): string => {
  const line = `${state.padEnd(7)}${text.replaceAll('\n', '\n       ')}\n`
  return advice === undefined ? line : `${line}       ${advice}\n`
}

/** Looks at this machine and at a service. Status 1 when something is wrong. */
export const doctorCommand: Command = {
  parameters: [{ name: 'DIR', help: 'the folder of a service; else this one', optional: true }],
  flags: {},
  variables: {},

  async run(input, world: World) {
    const directory = input.parameter || '.'
    const findings = [
      checkNodeVersion(process.versions.node),
      ...(await checkPorts(world)),
      ...(await checkFolder(world.cwd, directory)),
    ]
    for (const finding of findings) world.stdout.write(lineOf(finding))
    const mistakes = findings.filter(({ state }) => state === 'wrong').length
    const verdict = mistakes === 0 ? 'Nothing is' : counted(mistakes, 'thing')
    world.stderr.write(`${verdict} wrong\n`)
    return mistakes === 0 ? 0 : 1
  },
}
