import { errorAt, type Diagnostic } from '../diagnostics.ts'
import { allFieldOptions, contentTypes, flagOptions, optionsAllowedOn } from '../field-options.ts'
import type { DidYouMean } from '../nearest.ts'
import type { FieldOption, LinkNode, ScalarNode } from '../syntax.ts'
import { asWritten, flagOf, isFlag, textOf } from '../values.ts'
import type { Check } from './check.ts'

/** Spellings of old files, and what they are called now. */
const renamed: ReadonlyMap<string, string> = new Map([['varchar', 'text']])

const unusable = (
  { name }: FieldOption,
  field: ScalarNode | LinkNode,
  didYouMean: DidYouMean,
): Diagnostic => {
  if (allFieldOptions.has(name.text)) {
    const kind = field.kind === 'link' ? 'a link' : `this ${field.type.text}`
    const advice = `Option ${name.text} means nothing on ${kind}; remove it.`
    return errorAt('XP_MISPLACED_OPTION', name.span, advice)
  }
  const now = renamed.get(name.text)
  const hint = now === undefined ? didYouMean(name.text, allFieldOptions) : `; write ${now}.`
  const advice = `No field option is named ${name.text}${hint || '; remove it.'}`
  return errorAt('XP_UNKNOWN_OPTION', name.span, advice)
}

const isPositive = (text: string): boolean => /^\+?0*[1-9]\d{0,8}$/.test(text)

/** What the option takes; undefined when its value is fine. */
const wantedValue = ({ name, value }: FieldOption): string | undefined => {
  const { kind } = value
  const text = textOf(value)
  if (flagOptions.has(name.text)) return isFlag(value) ? undefined : 'True or False'
  switch (name.text) {
    case 'max_length':
      return kind === 'number' && isPositive(text) ? undefined : 'a whole number from 1 up'
    case 'min_value':
    case 'max_value':
      return kind === 'number' && !text.includes('.') ? undefined : 'a whole number'
    case 'content_type':
      return contentTypes.has(text) ? undefined : `one of ${[...contentTypes].join(', ')}`
    case 'help_text':
    case 'choices':
      return kind === 'string' ? undefined : '"text"'
    case 'unique_with':
    case 'tosca_key_one_of':
      return kind === 'number' ? 'names of fields' : undefined
    default:
      return undefined
  }
}

const misvalued = (option: FieldOption, wanted: string): Diagnostic => {
  const { name, value } = option
  // A flag that says it clearly, if in the wrong spelling, is a lesser mistake.
  const isMisspelt = flagOptions.has(name.text) && flagOf(value) !== undefined
  const advice = `Option ${name.text} takes ${wanted}, not ${asWritten(value)}.`
  return errorAt(isMisspelt ? 'XP_FLAG_VALUE' : 'XP_OPTION_VALUE', value.span, advice)
}

/** Each option of a field exists, means something on it, and has a value of the right kind. */
export const reportFieldOptions: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      const allowed = optionsAllowedOn(field)
      for (const option of field.options) {
        if (!allowed.has(option.name.text)) {
          report(unusable(option, field, program.didYouMean))
          continue
        }
        const wanted = wantedValue(option)
        if (wanted !== undefined) report(misvalued(option, wanted))
      }
    }
  }
}
