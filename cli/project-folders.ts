import path from 'node:path'
import { parseConfig } from './config.ts'
import { Failure } from './failure.ts'
import { readText } from './files.ts'

export type ProjectFolders = {
  /** Of the synchronizer: absolute. */
  readonly folder: string
  /** As config.yaml names them, relative to it. */
  readonly stepsDir: string
  readonly modelsDir: string
}

/**
 * Where a synchronizer keeps its steps and models.
 *
 * @throws Failure when its config.yaml has a mistake, or does not name both.
 */
export const projectFolders = async (cwd: string, directory: string): Promise<ProjectFolders> => {
  const folder = path.resolve(cwd, directory)
  const file = path.join(directory, 'config.yaml')
  const text = await readText(path.join(folder, 'config.yaml'), 'the config.yaml of a synchronizer')
  const { steps_dir: stepsDir, models_dir: modelsDir } = parseConfig(text, file)
  if (stepsDir === undefined) throw new Failure(`Expected steps_dir in ${file}.`)
  if (modelsDir === undefined) throw new Failure(`Expected models_dir in ${file}.`)
  return { folder, stepsDir, modelsDir }
}
