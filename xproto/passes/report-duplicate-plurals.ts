import { errorAt } from '../diagnostics.ts'
import { pluralOfModel } from '../resolve.ts'
import type { MessageNode } from '../syntax.ts'
import type { Check } from './check.ts'

/** The plural of a model is its address and the name of its list: no other model has it, as plural or as name. */
export const reportDuplicatePlurals: Check = (program, report) => {
  const first = new Map<string, MessageNode>()
  for (const message of program.models.values()) {
    const { name } = message
    const plural = pluralOfModel(name.text, program.optionsOf(message))
    const key = plural.toLowerCase()
    const other = program.models.get(plural) ?? first.get(key)
    if (other === undefined) {
      first.set(key, message)
      continue
    }
    const advice = `The plural of ${name.text}, ${plural}, is taken; write option plural = "...";.`
    const note = { message: 'by this model', span: other.name.span }
    report(errorAt('XP_DUPLICATE_PLURAL', name.span, advice, note))
  }
}
