import { errorAt, type Report } from '../diagnostics.ts'
import { isManyToMany } from '../program.ts'
import type { LinkNode, ScalarNode } from '../syntax.ts'
import { flagOf, optionValue } from '../values.ts'
import type { Check } from './check.ts'

type FieldNode = LinkNode | ScalarNode

const integerTypes: ReadonlySet<string> = new Set(['int32', 'uint32', 'int64'])

const isBool = (field: FieldNode): boolean => field.kind === 'scalar' && field.type.text === 'bool'

/** The options that follow from the modifier; null is not looked at where it has no meaning. */
const impliedBy = (field: FieldNode): ReadonlyMap<string, boolean> => {
  const isOptional = field.modifier === 'optional'
  const implied = new Map([['blank', isOptional]])
  if (!isManyToMany(field) && !(isBool(field) && isOptional)) implied.set('null', isOptional)
  return implied
}

const word = (flag: boolean): string => (flag ? 'True' : 'False')

const reportContradictions = (field: FieldNode, report: Report): void => {
  const implied = impliedBy(field)
  for (const { name, value, span } of field.options) {
    const wanted = implied.get(name.text)
    const said = flagOf(value)
    if (wanted === undefined || said === undefined || said === wanted) continue
    const other = field.modifier === 'required' ? 'optional' : 'required'
    const advice = `${field.name.text} is ${field.modifier}, which means ${name.text} = ${word(wanted)}; remove the option or write ${other}.`
    report(errorAt('XP_MODIFIER', span, advice))
  }
}

const reportNullBool = ({ modifier, options, name }: FieldNode, report: Report): void => {
  const value = optionValue(options, 'null')
  if (modifier !== 'optional' || value === undefined || flagOf(value) !== true) return
  const advice = `Bool ${name.text} is never null, but False; remove null = True.`
  report(errorAt('XP_MODIFIER', value.span, advice))
}

/** A number cannot be the empty string: whoever says that it may be blank has to say that it may be null. */
const reportBlankNumber = ({ modifier, options, name }: FieldNode, report: Report): void => {
  const blank = optionValue(options, 'blank')
  if (modifier === 'required' || blank === undefined || flagOf(blank) !== true) return
  if (optionValue(options, 'null') !== undefined) return
  const advice = `Number ${name.text} may be null, as it is ${modifier}, but never blank; remove blank = True.`
  report(errorAt('XP_BLANK_NUMBER', blank.span, advice))
}

/** No option says the opposite of required or optional. */
export const reportContradictingModifiers: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (field.modifier !== 'repeated') reportContradictions(field, report)
      if (isBool(field)) reportNullBool(field, report)
      if (field.kind === 'scalar' && integerTypes.has(field.type.text)) {
        reportBlankNumber(field, report)
      }
    }
  }
}
