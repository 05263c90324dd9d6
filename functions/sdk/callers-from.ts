import type { Callers } from './callers.ts'

type Environment = Readonly<Record<string, string | undefined>>

const wordsOf = (text: string | undefined): readonly string[] =>
  (text ?? '').split(/[\s,]+/).filter((word) => word !== '')

/**
 * Who may call as the environment says it: SYNCSTEP_FUNCTION_TOKEN and SYNCSTEP_FUNCTION_SECRET, each one or several with
 * spaces or commas between them. Undefined when it says nothing.
 */
export const callersFrom = (environment: Environment): Callers | undefined => {
  const tokens = wordsOf(environment['SYNCSTEP_FUNCTION_TOKEN'])
  const secrets = wordsOf(environment['SYNCSTEP_FUNCTION_SECRET'])
  return tokens.length + secrets.length === 0 ? undefined : { tokens, secrets }
}
