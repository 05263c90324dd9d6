import path from 'node:path'
import { listFiles, readTextIfAny } from './files.ts'

/** A step's file and the models that its text says it observes: one, unless it is hard to tell. */
export type ObservedModel = { readonly file: string; readonly model: string }

const observes = /\bobserves\s*[:=]\s*(?:'(\w+)'|"(\w+)")/g

const isSource = (name: string): boolean =>
  /\.[jt]s$/.test(name) && !/^test|\.test\.|\.d\.ts$/.test(name)

/**
 * What the steps in a folder observe, as their texts say it: nothing is run. A step that says it in another way is left
 * out.
 */
export const observedModels = async (folder: string): Promise<readonly ObservedModel[]> => {
  const names = (await listFiles(folder, 'the folder of steps_dir')).filter(isSource)
  const found = await Promise.all(
    names.map(async (file) => {
      const text = (await readTextIfAny(path.join(folder, file))) ?? ''
      const models = [...text.matchAll(observes)].map(([, single, double]) => single ?? double)
      return [...new Set(models)].flatMap((model) => (model === undefined ? [] : [{ file, model }]))
    }),
  )
  return found.flat()
}
