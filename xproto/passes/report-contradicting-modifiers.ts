import { errorAt, type Report } from '../diagnostics.ts'
import type { LinkNode, ScalarNode } from '../syntax.ts'
import type { Check } from './check.ts'

/** The options that follow from the modifier; where null has no meaning it is not looked at. */
const impliedBy = (field: ScalarNode | LinkNode): ReadonlyMap<string, string> => {
  const value = field.modifier === 'required' ? 'False' : 'True'
  const implied = new Map([['blank', value]])
  const nullMeansNothing =
    field.kind === 'link'
      ? field.multiplicity === 'manytomany'
      : field.type.text === 'bool' && field.modifier === 'optional'
  if (!nullMeansNothing) implied.set('null', value)
  return implied
}

const reportContradictions = (field: ScalarNode | LinkNode, report: Report): void => {
  const implied = impliedBy(field)
  for (const { name, value, span } of field.options) {
    const wanted = implied.get(name.text)
    if (wanted === undefined || value.text === wanted) continue
    const other = field.modifier === 'required' ? 'optional' : 'required'
    const advice = `${field.name.text} is ${field.modifier}, which means ${name.text} = ${wanted}; remove the option or write ${other}.`
    report(errorAt('XP_MODIFIER', span, advice))
  }
}

/** No option says the opposite of required or optional. */
export const reportContradictingModifiers: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (field.modifier !== 'repeated') reportContradictions(field, report)
    }
  }
}
