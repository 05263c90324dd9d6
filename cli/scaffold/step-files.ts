import path from 'node:path'
import type { Files } from './files.ts'

type StepFilesOptions = {
  /** The name of the function: that of its file. */
  readonly name: string
  /** The leaf model that it observes. */
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

const stepText = (model: string, types: string): string => `import { defineStep } from '${types}'

export default defineStep({
  observes: '${model}',

  async sync_record(o, { log }) {
    log.info({ id: o.id }, '${model} has been updated!')
  },

  async delete_record(o, { log }) {
    log.info({ id: o.id }, '${model} has been deleted!')
  },
})
`

const testText = (
  model: string,
  types: string,
  step: string,
): string => `import { expectSynced, record, runStep } from 'syncstep/testing'
import { test } from 'vitest'
import { ${model} } from '${types}'
import step from '${step}'

test('a record is synced', async () => {
  expectSynced(await runStep(step, record(${model})))
})

test('a record that goes is taken away', async () => {
  expectSynced(await runStep(step, record(${model}), { operation: 'delete' }))
})
`

/** A step and its test. */
export const stepFiles = ({ name, model, stepsDir, modelsDir }: StepFilesOptions): Files => {
  const step = path.posix.join(posix(stepsDir), `${name}.ts`)
  const types = path.posix.join(posix(modelsDir), 'types.ts')
  return {
    [step]: stepText(model, importPath(posix(stepsDir), types)),
    [`test/${name}.test.ts`]: testText(model, importPath('test', types), importPath('test', step)),
  }
}
