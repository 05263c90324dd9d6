import { duration, stepNames } from './config.schema.ts'

/**
 * The shape of `emulator.yaml` as a JSON Schema. Each `description` ends the sentence "Expected KEY to be ...", as in
 * that of config.yaml.
 */

const faultKinds = ['delay', 'status', 'hang', 'reset', 'lost-answer'] as const

const fault = {
  type: 'object',
  description: 'a map of fault, probability, delay and status',
  additionalProperties: false,
  required: ['fault', 'probability'],
  properties: {
    fault: { enum: faultKinds, description: `one of ${faultKinds.join(', ')}` },
    probability: { type: 'number', minimum: 0, maximum: 1, description: 'a number from 0 to 1' },
    delay: duration,
    status: {
      type: 'integer',
      minimum: 200,
      maximum: 599,
      description: 'an HTTP status from 200 to 599',
    },
  },
} as const

const wholeNumber = (minimum: number, maximum: number) =>
  ({
    type: 'integer',
    minimum,
    maximum,
    description: `a whole number from ${minimum} to ${maximum}`,
  }) as const

const serving = {
  type: 'object',
  description: 'a map of keys such as containerConcurrency, minScale and faults',
  additionalProperties: false,
  properties: {
    containerConcurrency: wholeNumber(0, 1_000),
    timeoutSeconds: wholeNumber(1, 3_600),
    minScale: wholeNumber(0, 100),
    maxScale: wholeNumber(0, 100),
    targetUtilizationPercentage: wholeNumber(1, 100),
    targetBurstCapacity: wholeNumber(-1, 100_000),
    window: duration,
    scaleToZeroPodRetentionPeriod: duration,
    coldStart: duration,
    faults: { type: 'array', items: fault, description: 'a list of faults' },
  },
} as const

export const emulatorSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Syncstep: emulator.yaml of a synchronizer',
  type: 'object',
  description: 'a map of namespace, port, seed, defaults and steps',
  additionalProperties: false,
  properties: {
    namespace: {
      type: 'string',
      pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
      description: 'lower-case letters, digits and hyphens, at most 63',
    },
    port: wholeNumber(0, 65_535),
    seed: wholeNumber(0, 4_294_967_295),
    defaults: serving,
    steps: {
      type: 'object',
      description: 'a map from the names of steps to how they are served',
      propertyNames: stepNames,
      additionalProperties: serving,
    },
  },
} as const

type Duration = string | number

export type ServingFile = {
  readonly containerConcurrency?: number
  readonly timeoutSeconds?: number
  readonly minScale?: number
  readonly maxScale?: number
  readonly targetUtilizationPercentage?: number
  readonly targetBurstCapacity?: number
  readonly window?: Duration
  readonly scaleToZeroPodRetentionPeriod?: Duration
  readonly coldStart?: Duration
  readonly faults?: readonly {
    readonly fault: (typeof faultKinds)[number]
    readonly probability: number
    readonly delay?: Duration
    readonly status?: number
  }[]
}

/** What {@link emulatorSchema} lets through. */
export type EmulatorFile = {
  readonly namespace?: string
  readonly port?: number
  readonly seed?: number
  readonly defaults?: ServingFile
  readonly steps?: Readonly<Record<string, ServingFile>>
}
