import { errorAt } from '../diagnostics.ts'
import { usableOptions } from '../field-options.ts'
import { optionValue } from '../values.ts'
import type { Check } from './check.ts'

/** Some number lies between the bounds of a field. */
export const reportBounds: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      const options = usableOptions(field)
      const min = optionValue(options, 'min_value')
      const max = optionValue(options, 'max_value')
      if (min?.kind !== 'number' || max?.kind !== 'number') continue
      if (Number(min.text) <= Number(max.text)) continue
      const advice = `No value of ${field.name.text} is at least ${min.text.slice(0, 40)} and at most ${max.text.slice(0, 40)}; exchange the two.`
      const note = { message: 'the lower bound', span: min.span }
      report(errorAt('XP_BOUNDS', max.span, advice, note))
    }
  }
}
