import { warningAt } from '../diagnostics.ts'
import { optionValue } from '../values.ts'
import type { Check } from './check.ts'

/** A required bool says what it is when a writer leaves it out. The original means to ask for that, and never does. */
export const reportMissingDefaults: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (field.kind === 'link' || field.type.text !== 'bool') continue
      if (field.modifier !== 'required' || optionValue(field.options, 'default')) continue
      const advice = `Bool ${field.name.text} has no default; write default = False or True, or make it optional.`
      report(warningAt('XP_BOOL_DEFAULT', field.name.span, advice))
    }
  }
}
