import { warningAt } from '../diagnostics.ts'
import type { Check } from './check.ts'

const bounds: ReadonlySet<string> = new Set(['max_length', 'text', 'content_type'])

/** Each string says how long it may become. The original only warns, and keeps such strings as text. */
export const reportUnboundedStrings: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (field.kind !== 'scalar' || field.type.text !== 'string') continue
      if (field.options.some(({ name }) => bounds.has(name.text))) continue
      const advice = `String ${field.name.text} has no limit; add max_length = 200, or text = True for a long text.`
      report(warningAt('XP_STRING_LENGTH', field.name.span, advice))
    }
  }
}
