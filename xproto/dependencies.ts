import { grouped } from './grouped.ts'
import { isManyToMany, maxFields, modelNameOf, type Program } from './program.ts'
import { isAbstract } from './resolve.ts'
import type { LinkNode, MessageNode } from './syntax.ts'

/** A link to one record of a model that is neither ancestor nor descendant of the model that declares it. */
export type Dependency = { readonly link: LinkNode; readonly target: MessageNode }

const areRelated = (program: Program, one: MessageNode, other: MessageNode): boolean =>
  program.lineage(one).includes(other) || program.lineage(other).includes(one)

/** What the records of a model point at, by its own links. More than the numbers suffice for are not looked at. */
export const dependenciesOf = (program: Program, message: MessageNode): readonly Dependency[] =>
  program
    .fieldsOf(message)
    .slice(0, maxFields)
    .flatMap((link) => {
      if (link.kind === 'scalar' || isManyToMany(link)) return []
      const target = program.models.get(modelNameOf(link.target))
      return target === undefined || areRelated(program, message, target) ? [] : [{ link, target }]
    })

/** What the records of a model have to point at, by its own links. */
export const requiredBy = (program: Program, message: MessageNode): readonly Dependency[] =>
  dependenciesOf(program, message).filter(({ link }) => link.modifier === 'required')

export const basesOf = (program: Program, { bases }: MessageNode): readonly MessageNode[] =>
  bases.map((base) => program.models.get(modelNameOf(base))).filter((base) => base !== undefined)

export const childrenIn = (program: Program): ReadonlyMap<MessageNode, readonly MessageNode[]> => {
  const models = [...program.models.values()]
  return grouped(
    models.flatMap((model) => basesOf(program, model).map((base) => [base, model] as const)),
  )
}

/**
 * Models of which there can be a record, be it one of a descendant: whatever such a record has to point at can be
 * made before it.
 */
export const modelsWithRecords = (program: Program): ReadonlySet<MessageNode> => {
  const models = [...program.models.values()]
  const children = childrenIn(program)
  const neededBy = grouped(
    models.flatMap((model) =>
      requiredBy(program, model).map(({ target }) => [target, model] as const),
    ),
  )
  const missing = new Map(
    models.map((model) => [
      model,
      requiredBy(program, model).length + basesOf(program, model).length,
    ]),
  )
  const found = new Set<MessageNode>()
  const ready = models.filter((model) => missing.get(model) === 0)
  const lower = (model: MessageNode): void => {
    const left = (missing.get(model) ?? 0) - 1
    missing.set(model, left)
    if (left === 0) ready.push(model)
  }
  // Grows while it is walked.
  for (const model of ready) {
    children.get(model)?.forEach(lower)
    if (isAbstract(program, model)) continue
    for (const ancestor of program.lineage(model)) {
      if (found.has(ancestor)) continue
      found.add(ancestor)
      neededBy.get(ancestor)?.forEach(lower)
    }
  }
  return found
}
