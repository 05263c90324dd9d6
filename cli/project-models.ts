import { compile, type Diagnostic, type Model, type Schema, type Source } from '#xproto'
import { readCoreModels } from './core-models.ts'
import { readModels } from './project.ts'

type ProjectModels = {
  /** Undefined when there is a mistake. */
  readonly schema: Schema | undefined
  /** Those that the files of the project define. */
  readonly models: readonly Model[]
  readonly diagnostics: readonly Diagnostic[]
  readonly sources: readonly Source[]
}

/**
 * The models in a folder, compiled with those of the core.
 *
 * @throws Failure when the folder cannot be read.
 */
export const projectModels = async (folder: string): Promise<ProjectModels> => {
  const own = (await readModels(folder)).map(({ filename, contents }) => ({
    file: filename,
    text: contents,
  }))
  const sources = [await readCoreModels(), ...own]
  const { schema, diagnostics } = compile(sources, { mode: 'strict' })
  const names = new Set(own.map(({ file }) => file))
  const models = schema?.models.filter(({ span }) => names.has(span.file)) ?? []
  return { schema, models, diagnostics, sources }
}
