import path from 'node:path'
import { readTextIfAny } from '../files.ts'
import { typesOf } from '../keep-types.ts'
import { projectModels } from '../project-models.ts'
import { counted, hasMistakes } from '../tell-diagnostics.ts'
import { note, ok, wrong, type Finding } from './finding.ts'

/** @param modelsDir absolute; `shown` is how the user calls it */
export const checkModels = async (modelsDir: string, shown: string): Promise<Finding> => {
  const { models, diagnostics } = await projectModels(modelsDir)
  if (hasMistakes(diagnostics)) {
    const count = diagnostics.filter(({ severity }) => severity === 'error').length
    const text = `The models have ${counted(count, 'mistake')}`
    return wrong(text, `syncstep check ${shown} shows them.`)
  }
  if (models.length > 0) return ok(`${counted(models.length, 'model')}, without mistakes`)
  return note(
    `There is no model in ${shown}`,
    'Steps can observe core models; others are written in .xproto files there.',
  )
}

/** Whether `types.ts` is what follows from the models. */
export const checkTypes = async (modelsDir: string, shown: string): Promise<readonly Finding[]> => {
  const files = await typesOf(modelsDir)
  return Promise.all(
    files.map(async ({ file, text }) => {
      const name = path.join(shown, path.basename(file))
      const found = await readTextIfAny(file)
      if (found === text) return ok(`${name} is what follows from the models`)
      return wrong(
        found === undefined ? `${name} is missing` : `${name} is not what follows from the models`,
        `syncstep generate types ${path.dirname(shown)} writes it; syncstep dev does so by itself.`,
      )
    }),
  )
}
