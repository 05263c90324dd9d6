import { errorAt, type Report } from '../diagnostics.ts'
import { peerOf } from '../program.ts'
import type { Identifier } from '../syntax.ts'
import type { Check } from './check.ts'

/** What can be a name in protobuf: less than in xproto, where `$` and `+` are letters. */
const wirePattern = /^[A-Za-z_][A-Za-z0-9_]*$/

const reportName = ({ text, span }: Identifier, what: string, report: Report): void => {
  if (text === '__proto__') {
    report(errorAt('XP_WIRE_NAME', span, `No ${what} can be named __proto__; rename it.`))
  } else if (!wirePattern.test(text)) {
    const advice = `The ${what} ${text} cannot travel: its name may have letters, digits and "_" only; rename it.`
    report(errorAt('XP_WIRE_NAME', span, advice))
  }
}

/** Models, fields and reverse sets have names that they can keep on the wire. */
export const reportWireNames: Check = (program, report) => {
  for (const message of program.messages) {
    reportName(message.name, 'model', report)
    for (const field of program.fieldsOf(message)) {
      reportName(field.name, 'field', report)
      if (field.kind === 'link' && field.peer !== undefined && peerOf(field) !== undefined) {
        reportName(field.peer, 'reverse set', report)
      }
    }
  }
}
