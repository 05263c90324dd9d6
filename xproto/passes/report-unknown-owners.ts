import { errorAt, type Report } from '../diagnostics.ts'
import { unknownModel, type Program } from '../program.ts'
import { isOwnerClass } from '../resolve.ts'
import type { FileNode, MessageNode } from '../syntax.ts'
import { textOf } from '../values.ts'
import type { Check } from './check.ts'

const reportIn = (
  program: Program,
  parts: FileNode['statements'] | MessageNode['parts'],
  report: Report,
): void => {
  for (const part of parts) {
    if (part.kind !== 'option' || part.name.text !== 'owner_class_name') continue
    const { span } = part.value
    const name = textOf(part.value)
    const model = program.models.get(name)
    if (model === undefined) {
      report(errorAt('XP_UNKNOWN_OWNER', span, unknownModel(program, name)))
    } else if (!isOwnerClass(program, name)) {
      const advice = `${name} does not derive from Service, so it owns nothing; name the model of a service.`
      const note = { message: 'defined here', span: model.name.span }
      report(errorAt('XP_OWNER_CLASS', span, advice, note))
    }
  }
}

/** Option owner_class_name names the model of a service. */
export const reportUnknownOwners: Check = (program, report) => {
  for (const { statements } of program.files) {
    reportIn(program, statements, report)
    for (const node of statements) {
      if (node.kind === 'message') reportIn(program, node.parts, report)
    }
  }
}
