import { errorAt, type Report } from '../diagnostics.ts'
import type { FieldOption, OptionNode } from '../syntax.ts'
import type { Check } from './check.ts'

const reportRepeated = (options: readonly (OptionNode | FieldOption)[], report: Report): void => {
  const first = new Map<string, OptionNode | FieldOption>()
  for (const option of options) {
    const original = first.get(option.name.text)
    if (original === undefined) {
      first.set(option.name.text, option)
      continue
    }
    const note = { message: 'first set here', span: original.name.span }
    const message = `Option ${option.name.text} is already set; keep one of the two.`
    report(errorAt('XP_DUPLICATE_OPTION', option.name.span, message, note))
  }
}

/** Each option is set once on a file, on a model, on a field. */
export const reportDuplicateOptions: Check = (program, report) => {
  for (const { statements } of program.files) {
    reportRepeated(
      statements.filter((node) => node.kind === 'option'),
      report,
    )
  }
  for (const message of program.messages) {
    reportRepeated(
      message.parts.filter((part) => part.kind === 'option'),
      report,
    )
    for (const { options } of program.fieldsOf(message)) reportRepeated(options, report)
  }
}
