import { grouped } from './grouped.ts'
import { isManyToMany, maxFields, modelNameOf, type Program } from './program.ts'
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

/** Models of which there can be a record: whatever it has to point at can be made before it. */
export const modelsWithRecords = (program: Program): ReadonlySet<MessageNode> => {
  const needed = [...program.models.values()].map((model) => ({
    model,
    before: [...basesOf(program, model), ...requiredBy(program, model).map(({ target }) => target)],
  }))
  const neededBy = grouped(
    needed.flatMap(({ model, before }) => before.map((other) => [other, model] as const)),
  )
  const missing = new Map(needed.map(({ model, before }) => [model, before.length]))
  const found = new Set(
    needed.filter(({ before }) => before.length === 0).map(({ model }) => model),
  )
  // Grows while it is walked.
  for (const model of found) {
    for (const user of neededBy.get(model) ?? []) {
      const left = (missing.get(user) ?? 0) - 1
      missing.set(user, left)
      if (left === 0) found.add(user)
    }
  }
  return found
}
