import path from 'node:path'
import { compile, type Schema } from '#xproto'
import { readCoreModels } from '../core-models.ts'
import { Failure } from '../failure.ts'
import { findModelsDir, readModels } from '../project.ts'
import type { World } from '../world.ts'

/**
 * The models of the synchronizer in a folder, with the core models.
 *
 * @throws Failure when there are none, or they have mistakes.
 */
export const modelsOf = async (directory: string, { cwd }: Pick<World, 'cwd'>): Promise<Schema> => {
  const folder = await findModelsDir(cwd, directory)
  if (folder === undefined) {
    throw new Failure(`Expected the config.yaml of a synchronizer in ${directory}: no such file.`)
  }
  const models = await readModels(path.resolve(cwd, folder))
  const sources = models.map(({ filename, contents }) => ({ file: filename, text: contents }))
  const { schema } = compile([await readCoreModels(), ...sources], { mode: 'strict' })
  if (schema !== undefined) return schema
  throw new Failure(`The models in ${folder} have mistakes. See: syncstep check ${folder}`)
}
