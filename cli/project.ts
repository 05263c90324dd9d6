import path from 'node:path'
import { isPostgresUrl } from '#core'
import { stepKinds, type ModelFile, type StepKind } from '#contract'
import type { Log, Project, ProjectStep } from '#emulator'
import { nearestName } from '#xproto'
import { Failure } from './failure.ts'
import { parseConfig } from './config.ts'
import type { ConfigFile } from './config.schema.ts'
import { readDependencyGraph } from './dependency-graph.ts'
import { assertFolder, listFiles, readText, readTextIfAny } from './files.ts'
import { stepNameOf } from './step-name.ts'
import { optionalMs, stepSettings } from './settings.ts'

/** As the original finds its steps: every source file whose name does not start with "test". */
const isStepFile = (name: string): boolean =>
  /\.[jt]s$/.test(name) && !/^test|\.test\.|\.d\.ts$/.test(name)

/**
 * The models of a folder.
 *
 * @throws Failure when one cannot be read.
 */
export const readModels = async (folder: string): Promise<readonly ModelFile[]> => {
  const names = await listFiles(folder, 'the folder of models_dir')
  const models = names.filter((name) => name.endsWith('.xproto'))
  return Promise.all(
    models.map(async (filename) => ({
      filename,
      contents: await readText(path.join(folder, filename), 'a models file'),
    })),
  )
}

/** Which key of the configuration names the folder of which steps. */
export const folderKeys = {
  sync: 'steps_dir',
  policy: 'model_policies_dir',
  event: 'event_steps_dir',
  pull: 'pull_steps_dir',
} as const satisfies Record<StepKind, keyof ConfigFile>

const foldersOf = (config: ConfigFile, folder: string): ReadonlyMap<StepKind, string> =>
  new Map(
    stepKinds.flatMap((kind) => {
      const name = config[folderKeys[kind]]
      return name === undefined ? [] : [[kind, path.resolve(folder, name)] as const]
    }),
  )

/** A step's file, and what its folder says it is. */
type StepFile = { readonly file: string; readonly kind: StepKind }

/** All by name: each is a function of that name, whatever it is. */
const findSteps = async (
  folders: ReadonlyMap<StepKind, string>,
): Promise<ReadonlyMap<string, StepFile>> => {
  const steps = new Map<string, StepFile>()
  for (const [kind, folder] of folders) {
    const names = await listFiles(folder, `the folder of ${folderKeys[kind]}`)
    for (const name of names.filter(isStepFile)) {
      const file = path.join(folder, name)
      const step = stepNameOf(file)
      const other = steps.get(step)
      if (other !== undefined) {
        throw new Failure(`Two files for the step ${step}: ${other.file} and ${file}. Keep one.`)
      }
      steps.set(step, { file, kind })
    }
  }
  return steps
}

const projectStep = (
  config: ConfigFile,
  step: string,
  found: StepFile | undefined,
): ProjectStep => {
  const own = new Map(Object.entries(config.functions ?? {})).get(step)
  return {
    step,
    kind: found?.kind,
    file: found?.file,
    url: own?.url,
    observes: own?.observes,
    include: own?.include,
    resyncMs: optionalMs(own?.resync),
    everyMs: optionalMs(own?.every),
    settings: stepSettings(config, step),
  }
}

/** Steps that have a file, and those the configuration places elsewhere. */
const allSteps = (config: ConfigFile, files: ReadonlyMap<string, StepFile>, configFile: string) => {
  const elsewhere = Object.entries(config.functions ?? {}).filter(([step]) => !files.has(step))
  for (const [step, { url }] of elsewhere) {
    if (url !== undefined) continue
    const near = nearestName(step, [...files.keys()])
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`
    throw new Failure(
      `${configFile}: functions.${step} has neither a file in a folder of steps nor a url.${hint}`,
    )
  }
  const steps = [
    ...[...files].map(([step, file]) => projectStep(config, step, file)),
    ...elsewhere.map(([step]) => projectStep(config, step, undefined)),
  ]
  return steps.sort((a, b) => (a.step < b.step ? -1 : 1))
}

/** What a synchronizer's folder holds, with what only the command line needs to know beside it. */
export type LoadedProject = {
  readonly project: Project
  readonly accessor: {
    /** Whether the core gives leases, or is one of XOS, which is polled. */
    readonly kind: 'leases' | 'xos'
    readonly username: string | undefined
    /** As written: the password, or `@` and a file relative to the project. */
    readonly password: string | undefined
    readonly endpoint: string | undefined
  }
  readonly logLevel: string
  /** The versions of the core it was written for; nobody compares them yet. */
  readonly coreVersion: string | undefined
  /** `memory`, an absolute folder, or undefined. */
  readonly database: string | undefined
  /** Absolute; undefined when the configuration names none. */
  readonly modelsDir: string | undefined
}

/**
 * Where the models of the synchronizer in a folder are; undefined when no synchronizer is there.
 *
 * @throws Failure when its config.yaml has a mistake or names no models_dir.
 */
export const findModelsDir = async (
  cwd: string,
  directory: string,
): Promise<string | undefined> => {
  const configFile = path.join(directory, 'config.yaml')
  const text = await readTextIfAny(path.resolve(cwd, configFile))
  if (text === undefined) return undefined
  const { models_dir } = parseConfig(text, configFile)
  if (models_dir === undefined) throw new Failure(`Expected models_dir in ${configFile}.`)
  return path.isAbsolute(models_dir) ? models_dir : path.join(directory, models_dir)
}

/**
 * Reads config.yaml, VERSION, the models and the list of steps of a synchronizer.
 *
 * @throws Failure naming the file, and the place in it where there is one.
 */
export const loadProject = async (cwd: string, directory: string): Promise<LoadedProject> => {
  const folder = path.resolve(cwd, directory)
  await assertFolder(folder, 'the folder of a synchronizer')
  const configFile = path.join(directory, 'config.yaml')
  const text = await readText(path.join(folder, 'config.yaml'), 'the config.yaml of a synchronizer')
  const config = parseConfig(text, configFile)

  const inFolder = (name: string | undefined) =>
    name === undefined ? undefined : path.resolve(folder, name)
  const folders = foldersOf(config, folder)
  const modelsDir = inFolder(config.models_dir)
  const [version] = (await readTextIfAny(path.join(folder, 'VERSION')))?.split(/\r?\n/) ?? []
  return {
    project: {
      name: config.name,
      version: version?.trim() || 'unknown',
      folder,
      models: modelsDir === undefined ? [] : await readModels(modelsDir),
      requiredModels: config.required_models ?? [],
      dependencies: await readDependencyGraph(inFolder(config.dependency_graph)),
      folders,
      steps: allSteps(config, await findSteps(folders), configFile),
    },
    accessor: {
      kind: config.accessor?.kind ?? 'leases',
      username: config.accessor?.username,
      password: config.accessor?.password,
      endpoint: config.accessor?.endpoint,
    },
    logLevel: config.logging?.level ?? 'info',
    coreVersion: config.core_version,
    database: isFolder(config.database) ? inFolder(config.database) : config.database,
    modelsDir,
  }
}

const isFolder = (database: string | undefined): boolean =>
  database !== undefined && database !== 'memory' && !isPostgresUrl(database)

/** What is set and has no effect yet must not stay unnoticed. */
export const noteCoreVersion = (log: Log, coreVersion: string | undefined): void => {
  if (coreVersion === undefined) return
  log.warn({ core_version: coreVersion }, 'core_version is not compared with the core yet')
}
