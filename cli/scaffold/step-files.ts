import path from 'node:path'
import type { StepKind } from '#contract'
import type { Files } from './files.ts'
import { stepTexts } from './step-texts.ts'

type StepFilesOptions = {
  readonly kind: StepKind
  /** The name of the function: that of its file. */
  readonly name: string
  /** The leaf model that it observes; empty for steps that observe none. */
  readonly model: string
  /** Where steps and models are, relative to the folder of the service. */
  readonly stepsDir: string
  readonly modelsDir: string
}

/** As an import from a file in that folder names a file: `../models/types.ts`. */
const importPath = (folder: string, file: string): string => {
  const relative = path.posix.relative(folder, file)
  return relative.startsWith('.') ? relative : `./${relative}`
}

const posix = (folder: string): string => path.posix.normalize(folder.split(path.sep).join('/'))

/** A step and its test. */
export const stepFiles = ({ kind, name, model, stepsDir, modelsDir }: StepFilesOptions): Files => {
  const step = path.posix.join(posix(stepsDir), `${name}.ts`)
  const types = path.posix.join(posix(modelsDir), 'types.ts')
  const texts = stepTexts[kind]
  const names = {
    model,
    types: importPath(posix(stepsDir), types),
    typesOfTest: importPath('test', types),
    step: importPath('test', step),
  }
  return { [step]: texts.step(names), [`test/${name}.test.ts`]: texts.test(names) }
}
