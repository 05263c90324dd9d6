import { errorAt, type Report } from '../diagnostics.ts'
import type { OptionNode } from '../syntax.ts'
import { textOf } from '../values.ts'
import { validatorsFrom } from '../validators.ts'
import type { Check } from './check.ts'

const appPattern = /^[A-Za-z0-9][\w.-]*$/
const pluralPattern = /^[A-Za-z_]\w*$/

const reportContent = ({ name, value }: OptionNode, report: Report): void => {
  const text = textOf(value)
  const mistake = (advice: string): void => {
    report(errorAt('XP_OPTION_VALUE', value.span, advice))
  }
  if (value.kind === 'number' || text === 'true' || text === 'false') {
    mistake(`Option ${name.text} takes "text" or a word such as True.`)
  } else if ((name.text === 'name' || name.text === 'app_label') && !appPattern.test(text)) {
    mistake(
      `Option ${name.text} becomes part of an address; use letters, digits, "-", "_" and "." only.`,
    )
  } else if (name.text === 'plural' && !pluralPattern.test(text)) {
    mistake('Option plural names a message; use letters, digits and "_" only.')
  } else if (name.text === 'validators' && validatorsFrom(text).includes(undefined)) {
    mistake('Option validators is a list "policy:message, policy:message" with no other colons.')
  }
}

/** File and model options have values that can be used. */
export const reportModelOptions: Check = (program, report) => {
  for (const { statements } of program.files) {
    for (const node of statements) {
      if (node.kind === 'option') reportContent(node, report)
      if (node.kind !== 'message') continue
      for (const part of node.parts) {
        if (part.kind === 'option') reportContent(part, report)
      }
    }
  }
}
