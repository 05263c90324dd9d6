import type { Clock } from '#contract'
import { failed, skipped, type Check } from '../check.ts'
import { taken } from '../expectations.ts'
import { pause, within } from '../within.ts'

/** Time for a half-sent call to arrive, and for a signal. */
const settleMs = 300

/** A function may take so long to finish its calls and end. */
const graceMs = 30_000

/** How the process ended. */
const endOf = async (clock: Clock, ended: Promise<string>): Promise<string> =>
  (await within(clock, graceMs, ended)) ?? `none within ${graceMs / 1000} s`

/**
 * The call under way is one whose body has come only half: however fast the function is, it cannot be done with that when
 * the signal comes.
 */
const sigterm: Check = {
  id: 'sigterm',
  says: 'At SIGTERM it finishes what runs, and exits with 0',
  async run(tested) {
    const { process, clock } = tested
    if (process === undefined) {
      return skipped('It was not started here: start it with --command')
    }
    const change = tested.change({ operation: 'delete' })
    const rest = pause(clock, settleMs).then(() => {
      process.terminate()
      return pause(clock, settleMs)
    })
    const call = await tested.send('a delete under way at SIGTERM', tested.message(change), {
      rest,
    })
    const result = taken(
      call,
      'At SIGTERM take no new connections, let calls under way finish, then end.',
    )
    await rest
    const end = await endOf(clock, process.ended)
    if (result.verdict !== 'passed' || end === 'exit 0') return result
    return failed({
      expected: 'exit 0 after SIGTERM',
      came: end,
      advice:
        'Handle SIGTERM in the process that --command starts: a shell or a runner around it does not pass the signal on.',
    })
  },
}

/** The end of the function: nothing can be asked of it afterwards. */
export const endChecks: readonly Check[] = [sigterm]
