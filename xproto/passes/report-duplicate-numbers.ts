import { errorAt } from '../diagnostics.ts'
import { collisions, createInheritance, membersOf, type Member } from '../members.ts'
import { reservedNumbers } from '../numbering.ts'
import type { Check } from './check.ts'

const numberOf = ({ number }: Member): readonly number[] =>
  Number.isInteger(number) ? [number] : []

/** Within a model and its ancestors, each field and each reverse set has a number of its own. */
export const reportDuplicateNumbers: Check = (program, report) => {
  for (const message of program.messages) {
    const members = membersOf(program, message)
    const isInherited = createInheritance(program, message, numberOf)
    for (const { node, number, numberSpan } of members) {
      const taken = reservedNumbers.get(number)
      if (taken === undefined || isInherited(number, node)) continue
      const advice = `Number ${number} on the wire belongs to ${taken}; choose another number.`
      report(errorAt('XP_DUPLICATE_NUMBER', numberSpan, advice))
    }
    for (const { first, second } of collisions(program, message, members, numberOf)) {
      const code = second.kind === 'field' ? 'XP_DUPLICATE_NUMBER' : 'XP_DUPLICATE_REVERSE_NUMBER'
      const advice = `Number ${second.number} of ${message.name.text} belongs to ${first.name}; give ${second.name} another number.`
      const note = { message: 'first used here', span: first.numberSpan }
      report(errorAt(code, second.numberSpan, advice, note))
    }
  }
}
