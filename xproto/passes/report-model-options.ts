import { errorAt, warningAt, type Report } from '../diagnostics.ts'
import { flagsOfModels, optionsOfModels } from '../model-options.ts'
import { maxFileOptions, type Program } from '../program.ts'
import type { OptionNode } from '../syntax.ts'
import { asWritten, textOf } from '../values.ts'
import { validatorsFrom } from '../validators.ts'
import type { Check } from './check.ts'

const appPattern = /^[A-Za-z0-9][\w.-]*$/
const namePattern = /^[A-Za-z_]\w*$/

/** What the option takes instead; undefined when its value is fine. */
const mistakeIn = ({ name, value }: OptionNode): string | undefined => {
  const text = textOf(value)
  if (value.kind === 'number' || (value.kind === 'word' && /^(true|false)$/.test(text))) {
    return `Option ${name.text} takes "text" or a word such as True.`
  }
  switch (name.text) {
    case 'name':
    case 'app_label':
      return appPattern.test(text)
        ? undefined
        : `Option ${name.text} becomes part of an address; use letters, digits, "-", "_" and "." only.`
    case 'plural':
    case 'singular':
      return namePattern.test(text)
        ? undefined
        : `Option ${name.text} names a message; use letters, digits and "_" only.`
    case 'validators':
      return validatorsFrom(text).includes(undefined)
        ? 'Option validators is a list "policy:message, policy:message"; a message has neither comma nor colon.'
        : undefined
    default:
      return undefined
  }
}

const reportOption = (program: Program, option: OptionNode, report: Report): void => {
  const { name, value } = option
  const mistake = mistakeIn(option)
  if (mistake !== undefined) report(errorAt('XP_OPTION_VALUE', value.span, mistake))
  else if (flagsOfModels.has(name.text) && !/^(True|False)$/.test(textOf(value))) {
    const advice = `Option ${name.text} takes True or False, not ${asWritten(value)}.`
    report(errorAt('XP_MODEL_FLAG', value.span, advice))
  }
  if (optionsOfModels.has(name.text)) return
  // Everybody may have options of their own: only what looks like a slip of the pen is worth a word.
  const hint = program.didYouMean(name.text, optionsOfModels, name.text.length < 8 ? 1 : 2)
  if (hint === '') return
  report(warningAt('XP_OPTION_SPELLING', name.span, `Nothing reads option ${name.text}${hint}`))
}

const reportFileOptions = (options: readonly OptionNode[], report: Report): void => {
  const validators = options.find(({ name }) => name.text === 'validators')
  if (validators !== undefined) {
    const advice = 'Option validators belongs to one model; move it into the message.'
    report(errorAt('XP_OPTION_PLACE', validators.name.span, advice))
  }
  const tooMany = options[maxFileOptions]
  if (tooMany === undefined) return
  const advice = `A file has ${maxFileOptions} options at most; move the others into the messages.`
  report(errorAt('XP_OPTION_PLACE', tooMany.name.span, advice))
}

/** File and model options have values that can be used. */
export const reportModelOptions: Check = (program, report) => {
  for (const { statements } of program.files) {
    const shared = statements.filter((node) => node.kind === 'option')
    reportFileOptions(shared, report)
    for (const option of shared) reportOption(program, option, report)
    for (const node of statements) {
      if (node.kind !== 'message') continue
      for (const part of node.parts) {
        if (part.kind === 'option') reportOption(program, part, report)
      }
    }
  }
}
