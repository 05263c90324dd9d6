import { cyclesIn, cycleText } from '../cycles.ts'
import { dependenciesOf, modelsWithRecords, requiredBy, type Dependency } from '../dependencies.ts'
import { errorAt, warningAt, type Note } from '../diagnostics.ts'
import type { Program } from '../program.ts'
import type { LinkNode, MessageNode } from '../syntax.ts'
import type { Check } from './check.ts'

type Cycle = readonly MessageNode[]

/** The link behind each step. */
const linksOf = (
  cycle: Cycle,
  dependencies: (model: MessageNode) => readonly Dependency[],
): readonly LinkNode[] =>
  cycle.slice(1).flatMap((next, index) => {
    const model = cycle[index]
    const step = model && dependencies(model).find(({ target }) => target === next)
    return step === undefined ? [] : [step.link]
  })

const notesOn = (links: readonly LinkNode[]): readonly Note[] =>
  links
    .slice(1, 12)
    .map(({ target }) => ({ message: `which leads on to ${target.text}`, span: target.span }))

const nameOf = ({ name }: MessageNode): string => name.text

/** Records that have to point at each other: none of them can be the first. */
const requiredCycles = (program: Program) => {
  const possible = modelsWithRecords(program)
  const needs = (model: MessageNode): readonly Dependency[] =>
    program
      .lineage(model)
      .flatMap((ancestor) => requiredBy(program, ancestor))
      .filter(({ target }) => !possible.has(target))
  const nextOf = (model: MessageNode) => needs(model).map(({ target }) => target)
  const models = [...program.models.values()].filter((model) => !possible.has(model))
  return cyclesIn(models, nextOf).map((cycle) => ({ cycle, links: linksOf(cycle, needs) }))
}

/** Records that may point at each other. */
const optionalCycles = (program: Program) => {
  const dependencies = (model: MessageNode) => dependenciesOf(program, model)
  const nextOf = (model: MessageNode) => dependencies(model).map(({ target }) => target)
  return cyclesIn([...program.models.values()], nextOf)
    .map((cycle) => ({ cycle, links: linksOf(cycle, dependencies) }))
    .filter(({ links }) => links.some(({ modifier }) => modifier !== 'required'))
}

/** Links between models have a direction, so that what is pointed at can be made and synced first. */
export const reportDependencyCycles: Check = (program, report) => {
  for (const { cycle, links } of requiredCycles(program)) {
    const [link] = links
    if (link === undefined) continue
    const advice = `No record of these models can be the first: ${cycleText(cycle, nameOf)}; make one of the links optional.`
    report(errorAt('XP_DEPENDENCY_CYCLE', link.target.span, advice, ...notesOn(links)))
  }
  for (const { cycle, links } of optionalCycles(program)) {
    const [link] = links
    if (link === undefined) continue
    const advice = `Records of these models may wait for each other: ${cycleText(cycle, nameOf)}; leave one of the links out, or let no step wait for it.`
    report(warningAt('XP_OPTIONAL_CYCLE', link.target.span, advice, ...notesOn(links)))
  }
}
