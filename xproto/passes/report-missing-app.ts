import { errorAt } from '../diagnostics.ts'
import { appOf } from '../resolve.ts'
import type { Check } from './check.ts'

/** Each model belongs to an app, which is in its address. */
export const reportMissingApp: Check = (program, report) => {
  for (const message of program.messages) {
    if (appOf(program.optionsOf(message)) !== '') continue
    const { name } = message
    const advice = `Model ${name.text} belongs to no app; write option app_label = "..."; at the top of the file.`
    report(errorAt('XP_APP_MISSING', name.span, advice))
  }
}
