import { errorAt } from '../diagnostics.ts'
import { maxLineage, modelNameOf } from '../program.ts'
import { isAbstract, rootOf } from '../resolve.ts'
import type { Check } from './check.ts'

/** Each model has one line of ancestors that share its ids, short enough for the wire numbers. */
export const reportUnclearInheritance: Check = (program, report) => {
  for (const message of program.messages) {
    const { name, bases } = message
    if (program.lineage(message).length > maxLineage) {
      const advice = `Model ${name.text} has more than ${maxLineage - 1} ancestors; derive from fewer.`
      report(errorAt('XP_INHERITANCE_DEPTH', name.span, advice))
      continue
    }
    const roots = bases
      .map((base) => program.models.get(modelNameOf(base)))
      .filter((base) => base !== undefined && !isAbstract(program, base))
      .map((base) => base && rootOf(program, base).name.text)
    if (new Set(roots).size < 2) continue
    const advice = `The bases of ${name.text} are records of their own (${roots.join(', ')}); derive from one of them and link to the others.`
    report(errorAt('XP_TWO_ROOTS', name.span, advice))
  }
}
