import { errorAt } from '../diagnostics.ts'
import { modelNameOf, unknownModel, unmodelledBases } from '../program.ts'
import type { Check } from './check.ts'

/** Each model derives from models that exist. */
export const reportUnknownBases: Check = (program, report) => {
  for (const { bases } of program.messages) {
    for (const base of bases) {
      const name = modelNameOf(base)
      if (program.models.has(name) || unmodelledBases.has(name)) continue
      report(errorAt('XP_UNKNOWN_BASE', base.span, unknownModel(program, name)))
    }
  }
}
