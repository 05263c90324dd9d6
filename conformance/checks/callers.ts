import { skipped, type Check, type Result } from '../check.ts'
import { refused } from '../expectations.ts'
import type { Sending, Tested } from '../tested.ts'

const strangerIsRefused = async (
  tested: Tested,
  what: string,
  sending: Sending,
): Promise<Result> => {
  if (tested.token === undefined) {
    return skipped(
      'The function has no token: give it one, and the same to SYNCSTEP_FUNCTION_TOKEN',
    )
  }
  const call = await tested.send(what, tested.message(tested.change()), sending)
  return refused(
    call,
    [401, 403],
    'Compare Authorization: Bearer with the token of the function before anything is done.',
  )
}

/** Who may call the function. */
export const callerChecks: readonly Check[] = [
  {
    id: 'no-token',
    says: 'Callers without a token are refused',
    run: (tested) => strangerIsRefused(tested, 'a sync without a token', { token: null }),
  },
  {
    id: 'wrong-token',
    says: 'Callers with another token are refused',
    run: (tested) => strangerIsRefused(tested, 'a sync with another token', { token: 'another' }),
  },
]
