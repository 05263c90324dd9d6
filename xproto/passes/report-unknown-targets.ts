import { errorAt } from '../diagnostics.ts'
import { modelNameOf } from '../program.ts'
import { isAbstract } from '../resolve.ts'
import type { Check } from './check.ts'

/** Each link points at a model that has records. */
export const reportUnknownTargets: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (field.kind !== 'link') continue
      const { target, through, name } = field
      const model = program.models.get(modelNameOf(target))
      if (model === undefined) {
        const hint = program.didYouMean(modelNameOf(target), program.models.keys())
        const advice = `No model is named ${modelNameOf(target)}${hint || '.'}`
        report(errorAt('XP_UNKNOWN_TARGET', target.span, advice))
      } else if (isAbstract(program, model)) {
        const advice = `${target.text} is abstract and has no records; link to a model that derives from it.`
        report(errorAt('XP_UNKNOWN_TARGET', target.span, advice))
      }
      // A join table named after the link is made by itself.
      if (through === undefined || through.text.endsWith(`_${name.text}`)) continue
      if (program.models.has(modelNameOf(through))) continue
      const hint = program.didYouMean(modelNameOf(through), program.models.keys())
      const advice = `No model is named ${modelNameOf(through)}${hint || '; leave the join table out.'}`
      report(errorAt('XP_UNKNOWN_TARGET', through.span, advice))
    }
  }
}
