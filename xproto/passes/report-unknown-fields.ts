import { errorAt } from '../diagnostics.ts'
import { maxLineage, type Program } from '../program.ts'
import type { MessageNode } from '../syntax.ts'
import { namesIn, optionValue } from '../values.ts'
import type { Check } from './check.ts'

const namesOf = (program: Program, models: readonly MessageNode[]): ReadonlySet<string> =>
  new Set(models.flatMap((model) => program.fieldsOf(model).map(({ name }) => name.text)))

/** unique_with names fields of the same model, tosca_key_one_of also inherited ones. */
export const reportUnknownFields: Check = (program, report) => {
  for (const message of program.messages) {
    const own = program.fieldsOf(message)
    if (program.lineage(message).length > maxLineage) continue
    for (const option of ['unique_with', 'tosca_key_one_of']) {
      if (!own.some(({ options }) => optionValue(options, option))) continue
      const visible = option === 'unique_with' ? [message] : program.lineage(message)
      const known = namesOf(program, visible)
      for (const { options } of own) {
        const value = optionValue(options, option)
        for (const name of namesIn(value)) {
          if (value === undefined || known.has(name)) continue
          const advice = `${message.name.text} has no field ${name}${program.didYouMean(name, known) || '.'}`
          report(errorAt('XP_UNKNOWN_FIELD', value.span, advice))
        }
      }
    }
  }
}
