import { errorAt } from '../diagnostics.ts'
import { modelNameOf, type Program } from '../program.ts'
import type { MessageNode } from '../syntax.ts'
import type { Check } from './check.ts'

const basesOf = (program: Program, { bases }: MessageNode): readonly MessageNode[] =>
  bases.map((base) => program.models.get(modelNameOf(base))).filter((base) => base !== undefined)

/** Models in a cycle, and those that derive from one: what is left when all that can be ordered is taken away. */
const unordered = (program: Program): ReadonlySet<MessageNode> => {
  const missing = new Map<MessageNode, number>()
  const derived = new Map<MessageNode, MessageNode[]>()
  for (const model of program.models.values()) {
    const bases = basesOf(program, model)
    missing.set(model, bases.length)
    for (const base of bases) {
      const known = derived.get(base)
      if (known === undefined) derived.set(base, [model])
      else known.push(model)
    }
  }
  const ready = [...missing].filter(([, count]) => count === 0).map(([model]) => model)
  for (let base = ready.pop(); base !== undefined; base = ready.pop()) {
    missing.delete(base)
    for (const model of derived.get(base) ?? []) {
      const count = (missing.get(model) ?? 0) - 1
      missing.set(model, count)
      if (count === 0) ready.push(model)
    }
  }
  return new Set(missing.keys())
}

/** No model derives from itself, directly or through others. */
export const reportInheritanceCycles: Check = (program, report) => {
  const left = unordered(program)
  const walked = new Set<MessageNode>()
  for (const start of left) {
    const path: MessageNode[] = []
    const onPath = new Set<MessageNode>()
    let model: MessageNode | undefined = start
    while (model !== undefined && !walked.has(model)) {
      walked.add(model)
      onPath.add(model)
      path.push(model)
      model = basesOf(program, model).find((base) => left.has(base))
    }
    if (model === undefined || !onPath.has(model)) continue
    const cycle = [...path.slice(path.indexOf(model)), model].map(({ name }) => name.text)
    const shown = cycle.length > 12 ? [...cycle.slice(0, 11), '...'] : cycle
    const advice = `A model cannot derive from itself (${shown.join(' -> ')}); remove one of these bases.`
    report(errorAt('XP_INHERITANCE_CYCLE', model.name.span, advice))
  }
}
