import { cyclesIn, cycleText } from '../cycles.ts'
import { basesOf } from '../dependencies.ts'
import { errorAt } from '../diagnostics.ts'
import type { Check } from './check.ts'

/** No model derives from itself, directly or through others. */
export const reportInheritanceCycles: Check = (program, report) => {
  const cycles = cyclesIn([...program.models.values()], (model) => basesOf(program, model))
  for (const cycle of cycles) {
    const [model] = cycle
    if (model === undefined) continue
    const path = cycleText(cycle, ({ name }) => name.text)
    const advice = `A model cannot derive from itself (${path}); remove one of these bases.`
    report(errorAt('XP_INHERITANCE_CYCLE', model.name.span, advice))
  }
}
