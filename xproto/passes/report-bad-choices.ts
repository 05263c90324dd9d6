import { choicesFrom } from '../choices.ts'
import { errorAt } from '../diagnostics.ts'
import { usableOptions } from '../field-options.ts'
import { optionValue, textOf } from '../values.ts'
import type { Check } from './check.ts'

/** Choices are pairs of a value and a label. */
export const reportBadChoices: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      const value = optionValue(usableOptions(field), 'choices')
      if (value?.kind !== 'string' || choicesFrom(textOf(value)) !== undefined) continue
      const advice = `Option choices is a list of pairs: "(('in', 'Inward'), ('out', 'Outward'))".`
      report(errorAt('XP_CHOICES', value.span, advice))
    }
  }
}
