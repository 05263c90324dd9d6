import { failed, passed, skipped, type Check } from '../check.ts'
import { cameOf } from '../expectations.ts'

const deferral: Check = {
  id: 'deferred',
  says: 'A record that it puts off is answered 409',
  async run(tested) {
    const { deferred } = tested.samples
    if (deferred === undefined) {
      return skipped('No record is known that it puts off: give one with --deferred')
    }
    const message = tested.message(tested.change(deferred))
    const { what, reply, outcome } = await tested.send('a sync of what it puts off', message)
    if (outcome.kind === 'deferred') return passed
    return failed({
      expected: `${what} to be answered 409`,
      came: cameOf(reply),
      advice: 'A 5xx counts as a failure, and a 2xx as done: 409 says that it is not yet time.',
    })
  },
}

const refusal: Check = {
  id: 'refused',
  says: 'A record that it will never do is refused for good',
  async run(tested) {
    const sample = tested.samples.refused
    if (sample === undefined) {
      return skipped('No record is known that it will never do: give one with --refused')
    }
    const message = tested.message(tested.change(sample))
    const { what, reply, outcome } = await tested.send('a sync of what it will never do', message)
    if (outcome.kind === 'failed' && !outcome.retry) return passed
    return failed({
      expected: `${what} to be answered 422`,
      came: cameOf(reply),
      advice: 'After a 5xx it would be called again and again.',
    })
  },
}

/** What the function does with records of which somebody says what it does. */
export const sampleChecks: readonly Check[] = [deferral, refusal]
