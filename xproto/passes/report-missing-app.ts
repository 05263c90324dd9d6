import { errorAt } from '../diagnostics.ts'
import { appOf } from '../resolve.ts'
import type { MessageNode } from '../syntax.ts'
import type { Check } from './check.ts'

const advice = 'write option app_label = "..."; at the top of the file.'

/** Each model belongs to an app, which is in its address. Told once for each file. */
export const reportMissingApp: Check = (program, report) => {
  const hasNoApp = (message: MessageNode): boolean => appOf(program.optionsOf(message)) === ''
  for (const { statements } of program.files) {
    const message = statements.filter((node) => node.kind === 'message').find(hasNoApp)
    if (message === undefined) continue
    const { text: model, span } = message.name
    const earlier = program.borrowedApp(message)[0]
    if (earlier === undefined) {
      report(errorAt('XP_APP_MISSING', span, `Model ${model} belongs to no app; ${advice}`))
    } else {
      const note = { message: 'which holds for that file only', span: earlier.span }
      const message = `Model ${model} has no app but that of an earlier file; ${advice}`
      report(errorAt('XP_APP_BORROWED', span, message, note))
    }
  }
}
