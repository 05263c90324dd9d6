import { errorAt, type Report } from '../diagnostics.ts'
import { isKnownThrough, modelNameOf, unknownModel, type Program } from '../program.ts'
import { isAbstract } from '../resolve.ts'
import type { LinkNode } from '../syntax.ts'
import type { Check } from './check.ts'

const reportTarget = (program: Program, { target }: LinkNode, report: Report): void => {
  const name = modelNameOf(target)
  const model = program.models.get(name)
  if (model === undefined) {
    report(errorAt('XP_UNKNOWN_TARGET', target.span, unknownModel(program, name)))
  } else if (isAbstract(program, model)) {
    const advice = `${target.text} is abstract and has no records; link to a model that derives from it.`
    const note = { message: 'made abstract here', span: model.name.span }
    report(errorAt('XP_ABSTRACT_TARGET', target.span, advice, note))
  }
}

const reportThrough = (program: Program, link: LinkNode, report: Report): void => {
  const { through, multiplicity, name } = link
  if (through === undefined) return
  if (multiplicity !== 'manytomany') {
    const advice = `Only a manytomany link has a join table; remove /${through.text} from ${name.text}.`
    report(errorAt('XP_MISPLACED_THROUGH', through.span, advice))
  } else if (!isKnownThrough(program, link, through)) {
    const advice = `No model is named ${modelNameOf(through)}${program.didYouMean(modelNameOf(through), program.models.keys()) || '; leave the join table out.'}`
    report(errorAt('XP_UNKNOWN_THROUGH', through.span, advice))
  }
}

/** Each link points at a model that has records, and a join table is a model or is made by itself. */
export const reportUnknownTargets: Check = (program, report) => {
  for (const message of program.messages) {
    for (const field of program.fieldsOf(message)) {
      if (field.kind !== 'link') continue
      reportTarget(program, field, report)
      reportThrough(program, field, report)
    }
  }
}
