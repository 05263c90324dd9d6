import { credentialsIn } from '#contract'
import type { Callers } from './callers.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Who may call as the environment says it: SYNCSTEP_FUNCTION_TOKEN and SYNCSTEP_FUNCTION_SECRET, each one or several with
 * spaces or commas between them. Undefined when it says nothing.
 */
export const callersFrom = (environment: Environment): Callers | undefined => {
  const tokens = credentialsIn(environment['SYNCSTEP_FUNCTION_TOKEN'])
  const secrets = credentialsIn(environment['SYNCSTEP_FUNCTION_SECRET'])
  return tokens.length + secrets.length === 0 ? undefined : { tokens, secrets }
}
