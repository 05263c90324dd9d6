import { errorAt } from '../diagnostics.ts'
import { isManyToMany, maxLineage } from '../program.ts'
import { isFlagged, namesIn, optionValue } from '../values.ts'
import type { Check } from './check.ts'

/** A recipe finds a record by its keys, and cannot name the many records of a link. */
export const reportToscaKeys: Check = (program, report) => {
  for (const message of program.messages) {
    const own = program.fieldsOf(message)
    const keyed = own.filter(({ options }) =>
      options.some(({ name }) => name.text === 'tosca_key' || name.text === 'tosca_key_one_of'),
    )
    const lineage = program.lineage(message)
    if (keyed.length === 0 || lineage.length > maxLineage) continue
    const many = new Set(
      lineage.flatMap((model) =>
        program
          .fieldsOf(model)
          .filter(isManyToMany)
          .map(({ name }) => name.text),
      ),
    )
    for (const field of keyed) {
      const value = optionValue(field.options, 'tosca_key_one_of')
      const partner = namesIn(value).find((name) => many.has(name))
      const isKey = isFlagged(field.options, 'tosca_key') || value !== undefined
      if (isManyToMany(field) && isKey) {
        const advice = `Link ${field.name.text} holds many records and is no key; remove the option.`
        report(errorAt('XP_TOSCA_KEY', field.name.span, advice))
      } else if (value !== undefined && partner !== undefined) {
        const advice = `Link ${partner} holds many records and is no key; name another field.`
        report(errorAt('XP_TOSCA_KEY', value.span, advice))
      }
    }
  }
}
