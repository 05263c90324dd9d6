import path from 'node:path'
import type { ObservedModel } from '../observed-models.ts'
import { hasTsNode, readsTypeScript, typeScriptAdvice } from '../read-typescript.ts'
import { readTextIfAny } from '../files.ts'
import { suggestion } from '../suggestion.ts'
import { counted } from '../tell-diagnostics.ts'
import { note, ok, wrong, type Finding } from './finding.ts'

export type KnownModel = {
  readonly name: string
  /** Defined by the service itself, with records that are to be synced. */
  readonly isOwn: boolean
}

const unknownModels = (
  observed: readonly ObservedModel[],
  names: readonly string[],
): readonly Finding[] =>
  observed
    .filter(({ model }) => !names.includes(model))
    .map(({ file, model }) =>
      wrong(`The step ${file} observes ${model}, which is no model`, suggestion(model, names)),
    )

const sharedModels = (observed: readonly ObservedModel[]): readonly Finding[] => {
  const models = [...new Set(observed.map(({ model }) => model))]
  return models.flatMap((model) => {
    const files = observed.filter((step) => step.model === model).map(({ file }) => file)
    if (files.length === 1) return []
    const text = `${files.join(' and ')} observe ${model}, and each model has one step`
    return [wrong(text, 'Remove one of them.')]
  })
}

const unobserved = (
  observed: readonly ObservedModel[],
  models: readonly KnownModel[],
): readonly Finding[] => {
  const seen = new Set(observed.map(({ model }) => model))
  return models
    .filter(({ name, isOwn }) => isOwn && !seen.has(name))
    .map(({ name }) =>
      note(
        `No step observes ${name}, so nobody syncs its records`,
        `syncstep new step NAME --model ${name} makes one.`,
      ),
    )
}

/**
 * Whether each step has a model, and each model a step.
 *
 * @param models of the service and the core; undefined when they have mistakes
 */
export const checkSteps = (
  observed: readonly ObservedModel[],
  models: readonly KnownModel[] | undefined,
): readonly Finding[] => {
  const names = models?.map(({ name }) => name)
  const mistakes = [
    ...(names === undefined ? [] : unknownModels(observed, names)),
    ...sharedModels(observed),
  ]
  const told =
    mistakes.length > 0 ? mistakes : [ok(`Steps observe ${counted(observed.length, 'model')}`)]
  return [...told, ...unobserved(observed, models ?? [])]
}

const isModulePackage = async (folder: string): Promise<boolean> => {
  const text = await readTextIfAny(path.join(folder, 'package.json'))
  if (text !== undefined) return /"type"\s*:\s*"module"/.test(text)
  const above = path.dirname(folder)
  return above !== folder && (await isModulePackage(above))
}

/** Whether this machine can run steps in TypeScript of that folder. */
export const checkTypeScript = async (folder: string): Promise<readonly Finding[]> => {
  const canRead = readsTypeScript() || hasTsNode(path.join(folder, 'package.json'))
  return [
    canRead
      ? ok('Steps in TypeScript can be run')
      : wrong('Nothing here reads steps in TypeScript', typeScriptAdvice),
    ...((await isModulePackage(folder))
      ? []
      : [
          wrong(
            'The package.json of the service does not say that its files are modules',
            'Add "type": "module" to it.',
          ),
        ]),
  ]
}
