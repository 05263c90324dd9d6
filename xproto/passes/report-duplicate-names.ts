import { errorAt, type Diagnostic } from '../diagnostics.ts'
import {
  collisions,
  membersOf,
  namesOf,
  ownNamesOf,
  reservedNames,
  type Member,
} from '../members.ts'
import type { Check } from './check.ts'

const described = ({ kind, name }: Member): string =>
  kind === 'field' ? `field ${name}` : `reverse set ${name}`

/** A field named `state_present` clashes with what tells on the wire whether there is a `state`. */
const codeFor = (first: Member, second: Member): Diagnostic['code'] => {
  const names = ownNamesOf(first)
  if (!ownNamesOf(second).some((name) => names.includes(name))) return 'XP_NAME_CLASH'
  return second.kind === 'field' ? 'XP_DUPLICATE_FIELD' : 'XP_DUPLICATE_REVERSE_NAME'
}

/** Within a model and its ancestors, each field and each reverse set has a name of its own. */
export const reportDuplicateNames: Check = (program, report) => {
  for (const message of program.messages) {
    const members = membersOf(program, message)
    for (const member of members) {
      if (member.declaredIn !== message) continue
      const taken = namesOf(member).find((name) => reservedNames.has(name))
      if (taken === undefined) continue
      const advice = `Every model has ${taken} already; choose another name.`
      report(errorAt('XP_RESERVED_FIELD', member.nameSpan, advice))
    }
    for (const { first, second } of collisions(program, message, members, namesOf)) {
      const owner = second.kind === 'field' ? message : second.declaredIn
      const advice = `${owner.name.text} already has ${described(first)} (${first.wireName} on the wire); choose another name.`
      const note = { message: 'first used here', span: first.nameSpan }
      report(errorAt(codeFor(first, second), second.nameSpan, advice, note))
    }
  }
}
