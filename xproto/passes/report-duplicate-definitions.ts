import { errorAt, type Diagnostic, type Report } from '../diagnostics.ts'
import type { Identifier } from '../syntax.ts'
import type { Check } from './check.ts'

const reportRepeated = (
  names: readonly Identifier[],
  what: string,
  code: Diagnostic['code'],
  report: Report,
): void => {
  const first = new Map<string, Identifier>()
  for (const name of names) {
    const original = first.get(name.text)
    if (original === undefined) {
      first.set(name.text, name)
      continue
    }
    const note = { message: 'first defined here', span: original.span }
    const message = `${what} ${name.text} is already defined; rename or remove this one.`
    report(errorAt(code, name.span, message, note))
  }
}

/** Each model and each policy is defined once, over all texts. */
export const reportDuplicateDefinitions: Check = (program, report) => {
  const policies = program.files.flatMap(({ statements }) =>
    statements.flatMap((node) => (node.kind === 'policy' ? [node.name] : [])),
  )
  const models = program.messages.map(({ name }) => name)
  reportRepeated(models, 'Model', 'XP_DUPLICATE_MODEL', report)
  reportRepeated(policies, 'Policy', 'XP_DUPLICATE_POLICY', report)
}
