import { warningAt, type Report } from '../diagnostics.ts'
import type { FieldOption, OptionNode } from '../syntax.ts'
import { flagOf } from '../values.ts'
import type { Check } from './check.ts'

const onFields: ReadonlySet<string> = new Set([
  'text',
  'feedback_state',
  'bookkeeping_state',
  'gui_hidden',
])

const onModels: ReadonlySet<string> = new Set(['no_sync', 'no_policy', 'skip_django', 'skip_init'])

const reportFalse = (
  options: readonly (FieldOption | OptionNode)[],
  readByPresence: ReadonlySet<string>,
  report: Report,
): void => {
  for (const { name, value } of options) {
    if (!readByPresence.has(name.text) || flagOf(value) !== false) continue
    const advice = `XOS reads ${name.text} = ${value.text} as set, here it is not; remove it.`
    report(warningAt('XP_FALSE_FLAG', name.span, advice))
  }
}

/** The original sees only that these flags are there, whatever they say. */
export const reportFalseFlags: Check = (program, report) => {
  for (const { statements } of program.files) {
    const options = statements.filter((node) => node.kind === 'option')
    reportFalse(options, onModels, report)
  }
  for (const message of program.messages) {
    const options = message.parts.filter((part) => part.kind === 'option')
    reportFalse(options, onModels, report)
    for (const field of program.fieldsOf(message)) reportFalse(field.options, onFields, report)
  }
}
