import path from 'node:path'
import { stepKinds, type StepKind } from '#contract'
import { parseConfig } from './config.ts'
import { Failure } from './failure.ts'
import { readText } from './files.ts'
import { folderKeys } from './project.ts'

export type ProjectFolders = {
  /** Of the synchronizer: absolute. */
  readonly folder: string
  /** Where each kind of steps is, as config.yaml says it, relative to it. */
  readonly stepsDirs: ReadonlyMap<StepKind, string>
  readonly modelsDir: string
}

/**
 * Where a synchronizer keeps its steps and models.
 *
 * @throws Failure when its config.yaml has a mistake, or names no models_dir.
 */
export const projectFolders = async (cwd: string, directory: string): Promise<ProjectFolders> => {
  const folder = path.resolve(cwd, directory)
  const file = path.join(directory, 'config.yaml')
  const text = await readText(path.join(folder, 'config.yaml'), 'the config.yaml of a synchronizer')
  const config = parseConfig(text, file)
  if (config.models_dir === undefined) throw new Failure(`Expected models_dir in ${file}.`)
  const stepsDirs = new Map(
    stepKinds.flatMap((kind) => {
      const name = config[folderKeys[kind]]
      return name === undefined ? [] : [[kind, name] as const]
    }),
  )
  return { folder, stepsDirs, modelsDir: config.models_dir }
}
