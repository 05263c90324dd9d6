import type { Dependency } from '#contract'
import type { Model, Schema } from '#xproto'

/** Along what records of one model may wait for those of another: the name of a link, or a path of links. */
type Way = { readonly to: string; readonly along: string }

type Ways = ReadonlyMap<string, readonly Way[]>

const waysOf = (
  schema: Schema,
  { name, fields, ancestry }: Model,
  dependencies: readonly Dependency[],
  observed: ReadonlySet<string>,
): readonly Way[] => {
  const below = (target: string, along: string): readonly Way[] =>
    schema
      .descendants(target)
      .filter((model) => model.name !== name && observed.has(model.name))
      .map((model) => ({ to: model.name, along }))
  return [
    ...fields.flatMap((field) => (field.kind === 'link' ? below(field.target, field.name) : [])),
    ...dependencies.flatMap(({ model, on, path }) =>
      ancestry.includes(model) && path !== '' ? below(on, path) : [],
    ),
  ]
}

/** The shortest way from a model back to itself; undefined when there is none. */
const circleFrom = (start: string, ways: Ways): readonly Way[] | undefined => {
  const seen = new Set<string>()
  let ends: readonly (readonly Way[])[] = [[]]
  while (ends.length > 0) {
    const longer = ends.flatMap((walked) => {
      const next = ways.get(walked.at(-1)?.to ?? start) ?? []
      return next.map((way) => [...walked, way])
    })
    const circle = longer.find((walked) => walked.at(-1)?.to === start)
    if (circle !== undefined) return circle
    ends = longer.filter((walked) => {
      const to = walked.at(-1)?.to ?? start
      if (seen.has(to)) return false
      seen.add(to)
      return true
    })
  }
  return undefined
}

/**
 * Sentences about observed models that may wait for each other, each with the links along which they do. Only one of
 * the circles is told that a model is in. A model whose records link to each other is none: that is how trees are made.
 * Pure.
 */
export const circlesOf = (
  schema: Schema,
  observed: readonly string[],
  dependencies: readonly Dependency[],
): readonly string[] => {
  const names = new Set(observed)
  const models = observed.flatMap((name) => schema.model(name) ?? [])
  const ways: Ways = new Map(
    models.map((model) => [model.name, waysOf(schema, model, dependencies, names)]),
  )
  const told = new Set<string>()
  return models.flatMap(({ name }) => {
    const circle = told.has(name) ? undefined : circleFrom(name, ways)
    if (circle === undefined) return []
    for (const { to } of circle) told.add(to)
    const text = circle.map(({ to, along }) => ` -(${along})-> ${to}`).join('')
    return [
      `Models may wait for each other: ${name}${text}. Records that do are never synced; each of them says so.`,
    ]
  })
}
