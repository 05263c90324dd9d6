import { choicesFrom } from '../choices.ts'
import { defaultFrom, fitsType } from '../defaults.ts'
import { errorAt } from '../diagnostics.ts'
import type { DefaultValue } from '../schema.ts'
import type { ScalarNode } from '../syntax.ts'
import { optionValue, textOf } from '../values.ts'
import type { Check } from './check.ts'

const isChoice = ({ options }: ScalarNode, content: DefaultValue): boolean => {
  const written = optionValue(options, 'choices')
  const choices = written === undefined ? undefined : choicesFrom(textOf(written))
  if (choices === undefined || content.kind !== 'value' || content.value === null) return true
  return choices.some(({ value }) => value === content.value)
}

/** A default is a value the field can hold. */
export const reportBadDefaults: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      const written = optionValue(field.options, 'default')
      const content = defaultFrom(field)
      if (field.kind === 'link' || written === undefined || content === undefined) continue
      if (!fitsType(field, content)) {
        const advice = `${written.text.slice(0, 40)} is no ${field.type.text}; write a default of that type.`
        report(errorAt('XP_DEFAULT', written.span, advice))
      } else if (!isChoice(field, content)) {
        const advice = `${written.text.slice(0, 40)} is not among the choices of ${field.name.text}; write one of them.`
        report(errorAt('XP_DEFAULT', written.span, advice))
      }
    }
  }
}
