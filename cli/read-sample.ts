import path from 'node:path'
import { ContractError, decodeChange, encodeChange } from '#contract'
import type { Sample } from '#conformance'
import { ajv, checkedYaml } from './checked-yaml.ts'
import { Failure } from './failure.ts'
import { readText } from './files.ts'

type SampleFile = Pick<Sample, 'model' | 'record'> & Partial<Pick<Sample, 'expanded'>>

const ignored = { description: 'anything' } as const

/** Each `description` ends the sentence "Expected KEY to be ...", as in the schema of config.yaml. */
const sampleSchema = {
  type: 'object',
  description: 'a map of model, record and expanded',
  additionalProperties: false,
  required: ['model', 'record'],
  properties: {
    model: { type: 'string', description: 'the name of a model' },
    record: { type: 'object', description: 'a map of fields, id among them' },
    expanded: { type: 'object', description: 'a map of what the step includes' },
    // The rest of a change, so that one can be given as it was sent.
    operation: ignored,
    stamp: ignored,
    attempt: ignored,
    previous: ignored,
  },
} as const

const parseSample = checkedYaml(ajv.compile<SampleFile>(sampleSchema))

/** @throws Failure when a function would refuse it. */
const checkSample = (sample: Sample, file: string): void => {
  const change = { operation: 'sync', ...sample, stamp: 0, attempt: 1 } as const
  try {
    const { headers, body } = encodeChange(change, { source: '/', time: 0, deadline: 0 })
    decodeChange(headers, body)
  } catch (error) {
    throw error instanceof ContractError ? new Failure(`${file}: ${error.message}.`) : error
  }
}

/**
 * The record of a file in JSON or YAML, with what travels with it: `model`, `record` and `expanded`.
 *
 * @throws Failure naming the file, and the place in it where there is one.
 */
export const readSample = async (cwd: string, file: string): Promise<Sample> => {
  const text = await readText(path.resolve(cwd, file), 'a record')
  const { model, record, expanded = {} } = parseSample(text, file)
  const sample = { model, record, expanded }
  checkSample(sample, file)
  return sample
}
