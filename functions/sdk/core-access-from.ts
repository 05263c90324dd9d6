import type { CoreAccess } from '#contract'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What calls may do in the core that bring no access of their own, as the environment says it: SYNCSTEP_CORE_URL and
 * SYNCSTEP_CORE_TOKEN. Undefined unless it says both.
 */
export const coreAccessFrom = (environment: Environment): CoreAccess | undefined => {
  const url = environment['SYNCSTEP_CORE_URL'] ?? ''
  const token = environment['SYNCSTEP_CORE_TOKEN']?.trim() ?? ''
  return url === '' || token === '' ? undefined : { url, token }
}
