import { errorAt } from '../diagnostics.ts'
import { textOf } from '../values.ts'
import type { Check } from './check.ts'

/** Option owner_class_name names a model. */
export const reportUnknownOwners: Check = (program, report) => {
  for (const { parts } of program.messages) {
    for (const part of parts) {
      if (part.kind !== 'option' || part.name.text !== 'owner_class_name') continue
      const name = textOf(part.value)
      if (program.models.has(name)) continue
      const hint = program.didYouMean(name, program.models.keys())
      report(
        errorAt('XP_UNKNOWN_OWNER', part.value.span, `No model is named ${name}${hint || '.'}`),
      )
    }
  }
}
