import type { StepKind } from '#contract'

/** What the texts of a step and of its test name. */
type StepNames = {
  /** The leaf model that it observes; empty for steps that observe none. */
  readonly model: string
  /** From the step to the types of the models, as an import names them: `../models/types.ts`. */
  readonly types: string
  /** From the test to them, and to the step. */
  readonly typesOfTest: string
  readonly step: string
}

type Text = (names: StepNames) => string

type StepText = { readonly step: Text; readonly test: Text }

const syncStep = ({ model, types }: StepNames): string => `import { defineStep } from '${types}'

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

const syncTest = ({
  model,
  typesOfTest,
  step,
}: StepNames): string => `import { expectSynced, record, runStep } from 'syncstep/testing'
import { test } from 'vitest'
import { ${model} } from '${typesOfTest}'
import step from '${step}'

test('a record is synced', async () => {
  expectSynced(await runStep(step, record(${model})))
})

test('a record that goes is taken away', async () => {
  expectSynced(await runStep(step, record(${model}), { operation: 'delete' }))
})
`

const policyStep = ({ model, types }: StepNames): string => `import { definePolicy } from '${types}'

// Other records are created, changed and deleted with { client }, which stands beside { log }.
export default definePolicy({
  observes: '${model}',

  async handle_create(o, { log }) {
    log.info({ id: o.id }, '${model} is new!')
  },

  async handle_update(o, { log }) {
    log.info({ id: o.id }, '${model} has been updated!')
  },

  async handle_delete(o, { log }) {
    log.info({ id: o.id }, '${model} has been deleted!')
  },
})
`

const policyTest = ({
  model,
  typesOfTest,
  step,
}: StepNames): string => `import { expectSynced, record, runPolicy } from 'syncstep/testing'
import { test } from 'vitest'
import { ${model} } from '${typesOfTest}'
import policy from '${step}'

test.each(['create', 'update', 'delete'] as const)('a record is dealt with: %s', async (operation) => {
  expectSynced(await runPolicy(policy, record(${model}), { operation }))
})
`

const eventStep = ({ types }: StepNames): string => `import { defineEventStep } from '${types}'

export default defineEventStep({
  types: ['org.example.*'],

  async process_event(event, { log }) {
    log.info({ type: event.type, data: event.data }, 'An event came!')
  },
})
`

const eventTest = ({
  step,
}: StepNames): string => `import { expectSynced, runEvent } from 'syncstep/testing'
import { test } from 'vitest'
import step from '${step}'

test('an event is dealt with', async () => {
  expectSynced(await runEvent(step, { type: 'org.example.happened', data: {} }))
})
`

const pullStep = ({ types }: StepNames): string => `import { definePullStep } from '${types}'

export default definePullStep({
  every: '30s',

  async pull_records({ log }) {
    log.info('Looking at the world!')
  },
})
`

const pullTest = ({
  step,
}: StepNames): string => `import { expectSynced, runPull } from 'syncstep/testing'
import { test } from 'vitest'
import step from '${step}'

test('the world is looked at', async () => {
  expectSynced(await runPull(step))
})
`

/** A step of each kind and its test. */
export const stepTexts: Readonly<Record<StepKind, StepText>> = {
  sync: { step: syncStep, test: syncTest },
  policy: { step: policyStep, test: policyTest },
  event: { step: eventStep, test: eventTest },
  pull: { step: pullStep, test: pullTest },
}
