import type { ProjectStep } from '#emulator'
import { Failure } from './failure.ts'

/** Names where all steps run that have no url of their own. */
export const stepUrlVariable = 'SYNCSTEP_STEP_URL'

export const isHttpUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/**
 * Where a step runs: its own url, else what the template makes of its name. Undefined when there is neither.
 *
 * @throws Failure when that is no http URL.
 */
export const stepUrl = (
  { step, url }: Pick<ProjectStep, 'step' | 'url'>,
  template: string | undefined,
): string | undefined => {
  const found = url ?? (template || undefined)?.replaceAll('{step}', step)
  if (found === undefined || isHttpUrl(found)) return found
  throw new Failure(`Expected ${stepUrlVariable} to make an http url, got ${found} for ${step}.`)
}
