import { errorAt } from '../diagnostics.ts'
import { collisions, membersOf, reservedNames, type Member } from '../members.ts'
import type { Check } from './check.ts'

const described = ({ kind, name }: Member): string =>
  kind === 'field' ? `field ${name}` : `reverse set ${name}`

const byWireName = ({ wireName }: Member): string => wireName

/** Within a model and its ancestors, each field and each reverse set has a name of its own. */
export const reportDuplicateNames: Check = (program, report) => {
  for (const message of program.messages) {
    const members = membersOf(program, message)
    for (const member of members) {
      if (member.declaredIn !== message || !reservedNames.has(member.wireName)) continue
      const advice = `Every model has ${member.wireName} already; choose another name.`
      report(errorAt('XP_DUPLICATE_FIELD', member.nameSpan, advice))
    }
    for (const { first, second } of collisions(program, message, members, byWireName)) {
      const code = second.kind === 'field' ? 'XP_DUPLICATE_FIELD' : 'XP_DUPLICATE_REVERSE_NAME'
      const owner = second.kind === 'field' ? message : second.declaredIn
      const advice = `${owner.name.text} already has ${described(first)} (${first.wireName} on the wire); choose another name.`
      const note = { message: 'first used here', span: first.nameSpan }
      report(errorAt(code, second.nameSpan, advice, note))
    }
  }
}
