import { warningAt } from '../diagnostics.ts'
import type { Check } from './check.ts'

/** Each link says what it is called from the other side, or `+`: the original fails on a link that says nothing. */
export const reportMissingPeers: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (field.kind !== 'link' || field.peer !== undefined) continue
      const target = field.target.text
      const advice = `Link ${field.name.text} does not say what ${target} calls it; write ${target}:+ for no reverse set.`
      report(warningAt('XP_PEER_MISSING', field.target.span, advice))
    }
  }
}
