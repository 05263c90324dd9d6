import { errorAt } from '../diagnostics.ts'
import { fieldTypes } from '../field-options.ts'
import { modelNameOf, type Program } from '../program.ts'
import type { ScalarNode } from '../syntax.ts'
import type { Check } from './check.ts'

const adviceOn = (program: Program, { type, name }: ScalarNode): string => {
  if (program.models.has(modelNameOf(type))) {
    return `${type.text} is a model; write a link: manytoone ${name.text}->${type.text}.`
  }
  const known = [...fieldTypes]
  return `A field is one of ${known.join(', ')}, not ${type.text}${program.didYouMean(type.text, known) || '.'}`
}

/** Each field has a type that records can hold. */
export const reportUnknownTypes: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (field.kind !== 'scalar' || fieldTypes.has(field.type.text)) continue
      report(errorAt('XP_UNKNOWN_TYPE', field.type.span, adviceOn(program, field)))
    }
  }
}
