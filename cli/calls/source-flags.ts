import { recordOperations, type Operation } from '#contract'
import type { Flags, Input } from '../command.ts'
import { UsageError } from '../usage-error.ts'

/** At most one of them is given; without them records are made up. */
export const sourceNames = ['record', 'file', 'replay'] as const

export const sourceFlags: Flags = {
  record: {
    kind: 'text',
    help: 'Send a record of a core, with what the step includes',
    value: 'MODEL/ID',
  },
  file: {
    kind: 'text',
    short: 'f',
    help: 'Send records or changes of a file in YAML or JSON; - for standard input',
    value: 'FILE',
  },
  replay: {
    kind: 'text',
    help: 'Send the changes of recorded calls again',
    value: 'FILE',
  },
  operation: {
    kind: 'text',
    help: 'sync, delete, policy_create, policy_update or policy_delete; else what follows from the record',
    value: 'OPERATION',
  },
  model: { kind: 'text', help: 'Its model; else what the function observes', value: 'MODEL' },
  include: {
    kind: 'text',
    help: 'What travels with it, as owner,ports.network; else what the function includes',
    value: 'PATHS',
  },
  seed: {
    kind: 'text',
    help: 'Decides what is made up: the same number, the same records',
    value: 'NUMBER',
    default: '1',
  },
}

/** @throws UsageError for a word that is none. */
export const operationFrom = (input: Input): Operation | undefined => {
  const text = input.text('operation')
  if (text === undefined) return undefined
  const operation = recordOperations.find((known) => known === text)
  if (operation !== undefined) return operation
  throw new UsageError(
    `Expected --operation to be one of ${recordOperations.join(', ')}, got "${text}".`,
  )
}

const largestSeed = 2 ** 32 - 1

/** @throws UsageError for a word that is no number of 32 bits. */
export const seedFrom = (input: Input): number => {
  const text = input.text('seed') ?? ''
  if (/^\d{1,10}$/.test(text) && Number(text) <= largestSeed) return Number(text)
  throw new UsageError(`Expected --seed to be a number from 0 to ${largestSeed}, got "${text}".`)
}

const pathPattern = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,2}$/

/** @throws UsageError for a word that is no path. */
export const includeFrom = (input: Input): readonly string[] | undefined => {
  const text = input.text('include')
  if (text === undefined) return undefined
  const paths = text.split(',').filter((word) => word !== '')
  const wrong = paths.find((word) => !pathPattern.test(word))
  if (wrong === undefined) return paths
  throw new UsageError(
    `Expected --include to be paths of at most three links such as owner,ports.network, got "${wrong}".`,
  )
}
