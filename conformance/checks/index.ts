import type { Check } from '../check.ts'
import { answerChecks } from './answers.ts'
import { callerChecks } from './callers.ts'
import { deleteChecks } from './deletes.ts'
import { endChecks } from './ending.ts'
import { eventChecks } from './events.ts'
import { probeChecks } from './probes.ts'
import { refusalChecks } from './refusals.ts'
import { sampleChecks } from './samples.ts'

/** All of them but the one whether there is a function at all, in the order in which they run. */
export const checks: readonly Check[] = [
  ...probeChecks,
  ...eventChecks,
  ...refusalChecks,
  ...callerChecks,
  ...sampleChecks,
  ...deleteChecks,
  ...endChecks,
  ...answerChecks,
]
