import { choicesFrom } from '../choices.ts'
import { contentOf, defaultFrom, fitsType, isNone } from '../defaults.ts'
import { errorAt, type Diagnostic } from '../diagnostics.ts'
import { usableOptions } from '../field-options.ts'
import type { DefaultValue } from '../schema.ts'
import type { FieldOption, LinkNode, ScalarNode, Value } from '../syntax.ts'
import { asWritten, flagOf, isFlag, optionValue, textOf } from '../values.ts'
import type { Check } from './check.ts'

const numberOption = (options: readonly FieldOption[], name: string): number | undefined => {
  const value = optionValue(options, name)
  return value?.kind === 'number' ? Number(value.text) : undefined
}

/** What keeps a record with that default from being written; undefined when nothing does. */
const obstacle = (field: ScalarNode | LinkNode, { value }: DefaultValue & { kind: 'value' }) => {
  const options = usableOptions(field)
  const choices = optionValue(options, 'choices')
  const known = choices === undefined ? undefined : choicesFrom(textOf(choices))
  if (known !== undefined && value !== null && !known.some((choice) => choice.value === value)) {
    return `not among the choices of ${field.name.text}; write one of them`
  }
  const maxLength = numberOption(options, 'max_length')
  if (typeof value === 'string' && maxLength !== undefined && value.length > maxLength) {
    return `longer than max_length = ${maxLength}; shorten it`
  }
  const min = numberOption(options, 'min_value') ?? -Infinity
  const max = numberOption(options, 'max_value') ?? Infinity
  if (typeof value === 'number' && (value < min || value > max)) {
    return `not between min_value and max_value of ${field.name.text}; write one that is`
  }
  return undefined
}

const mistakeIn = (field: ScalarNode | LinkNode, written: Value): Diagnostic | undefined => {
  const shown = written.text.slice(0, 40)
  const isBool = contentOf(field) === 'bool'
  if (isBool && isNone(written)) {
    const advice = `Bool ${field.name.text} is never null; write default = False.`
    return errorAt('XP_NULL_DEFAULT', written.span, advice)
  }
  if (isBool && flagOf(written) !== undefined && !isFlag(written)) {
    const advice = `The default of ${field.name.text} is True or False, not ${asWritten(written)}.`
    return errorAt('XP_FLAG_VALUE', written.span, advice)
  }
  const content = defaultFrom(field)
  if (content === undefined) return undefined
  if (!fitsType(field, content)) {
    const advice = `${shown} is no ${contentOf(field)}; write a default of that type.`
    return errorAt('XP_DEFAULT', written.span, advice)
  }
  const reason = content.kind === 'value' ? obstacle(field, content) : undefined
  if (reason === undefined) return undefined
  return errorAt('XP_DEFAULT_REFUSED', written.span, `${shown} is ${reason}.`)
}

/** A default is a value the field can hold, and may hold. */
export const reportBadDefaults: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      const written = optionValue(field.options, 'default')
      if (written === undefined) continue
      const mistake = mistakeIn(field, written)
      if (mistake !== undefined) report(mistake)
    }
  }
}
