import { errorAt } from '../diagnostics.ts'
import { allFieldOptions, contentTypes, flagOptions, optionsAllowedOn } from '../field-options.ts'
import type { DidYouMean } from '../nearest.ts'
import type { FieldOption, LinkNode, ScalarNode } from '../syntax.ts'
import { textOf } from '../values.ts'
import type { Check } from './check.ts'

/** Spellings of old files, and what they are called now. */
const renamed: ReadonlyMap<string, string> = new Map([['varchar', 'text']])

const adviceOnName = (
  { name }: FieldOption,
  field: ScalarNode | LinkNode,
  didYouMean: DidYouMean,
): string => {
  if (allFieldOptions.has(name.text)) {
    const kind = field.kind === 'link' ? 'a link' : `this ${field.type.text}`
    return `Option ${name.text} means nothing on ${kind}; remove it.`
  }
  const now = renamed.get(name.text)
  const hint = now === undefined ? didYouMean(name.text, allFieldOptions) : `; write ${now}.`
  return `No field option is named ${name.text}${hint || '.'}`
}

const isPositive = (text: string): boolean => /^\+?0*[1-9]\d{0,8}$/.test(text)

/** What the option takes; undefined when its value is fine. */
const wantedValue = ({ name, value }: FieldOption): string | undefined => {
  const { kind } = value
  const text = textOf(value)
  if (flagOptions.has(name.text)) {
    return kind === 'word' && /^(True|False)$/.test(text) ? undefined : 'True or False'
  }
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

/** Each option of a field exists, means something on it, and has a value of the right kind. */
export const reportFieldOptions: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      const allowed = optionsAllowedOn(field)
      for (const option of field.options) {
        if (!allowed.has(option.name.text)) {
          report(
            errorAt(
              'XP_UNKNOWN_OPTION',
              option.name.span,
              adviceOnName(option, field, program.didYouMean),
            ),
          )
          continue
        }
        const wanted = wantedValue(option)
        if (wanted === undefined) continue
        const advice = `Option ${option.name.text} takes ${wanted}, not ${option.value.text.slice(0, 40)}.`
        report(errorAt('XP_OPTION_VALUE', option.value.span, advice))
      }
    }
  }
}
