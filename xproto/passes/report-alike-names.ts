import { errorAt } from '../diagnostics.ts'
import { collisions, membersOf, namesOf, reservedNames, type Member } from '../members.ts'
import { reservedNumbers } from '../numbering.ts'
import type { Check } from './check.ts'

/** What compilers of protobuf compare: two names that differ in nothing else may become one in JSON. */
const spokenName = (wireName: string): string => wireName.replaceAll('_', '').toLowerCase()

const reservedBySpokenName: ReadonlyMap<string, string> = new Map(
  [...reservedNumbers.values()].map((name) => [spokenName(name), name]),
)

const haveNameInCommon = (first: Member, second: Member): boolean => {
  const names = new Set(namesOf(first))
  return namesOf(second).some((name) => names.has(name))
}

/** Within a model and its ancestors, names differ by more than underscores and case. */
export const reportAlikeNames: Check = (program, report) => {
  for (const message of program.messages) {
    const members = membersOf(program, message)
    for (const member of members) {
      const taken = reservedBySpokenName.get(spokenName(member.wireName))
      if (taken === undefined || member.declaredIn !== message) continue
      if (namesOf(member).some((name) => reservedNames.has(name))) continue // reported as what it is
      const advice = `To protobuf, ${member.wireName} is ${taken}, which every model has; choose a name that differs by more than case and "_".`
      report(errorAt('XP_ALIKE_NAMES', member.nameSpan, advice))
    }
    const spokenNames = ({ wireName }: Member): readonly string[] => [spokenName(wireName)]
    for (const { first, second } of collisions(program, message, members, spokenNames)) {
      if (haveNameInCommon(first, second)) continue // a duplicate, which is reported as such
      const advice = `To protobuf, ${second.wireName} is ${first.wireName}; choose a name that differs by more than case and "_".`
      const note = { message: 'first used here', span: first.nameSpan }
      report(errorAt('XP_ALIKE_NAMES', second.nameSpan, advice, note))
    }
  }
}
