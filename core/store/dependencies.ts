import { maxIncludeDepth, type Dependency } from '#contract'
import type { Model, Schema } from '#xproto'

/** One link of a path along which a record waits. The first of a path is where it begins, and no link. */
export type Hop = {
  readonly path: string
  readonly position: number
  readonly field: string
  /** The link leads here from the next record, not from here to it. */
  readonly backwards: boolean
  /** Models of the records that may stand here. */
  readonly leaves: readonly string[]
  readonly is_last: boolean
}

/** Which is on whom, in the words of XOS: whoever gets something of a service comes after it. */
export const builtIn: readonly Dependency[] = [
  {
    model: 'ServiceInstance',
    on: 'ServiceInstance',
    path: 'subscribed_links.provider_service_instance',
  },
  { model: 'Service', on: 'ServiceInstance', path: 'subscribed_links.provider_service_instance' },
  { model: 'Network', on: 'ServiceInstance', path: 'subscribed_links.provider_service_instance' },
  { model: 'Service', on: 'Service', path: 'subscribed_dependencies.provider_service' },
]

type Way = Pick<Hop, 'field' | 'backwards'> & { readonly model: string }

const wayOf = (model: Model, name: string): Way | undefined => {
  const field = model.fields.find((candidate) => candidate.name === name)
  if (field?.kind === 'link') return { field: name, backwards: false, model: field.target }
  const reverse = model.reverseLinks.find((link) => link.name === name)
  return reverse && { field: reverse.field, backwards: true, model: reverse.source }
}

const namesBelow = (schema: Schema, model: string): readonly string[] =>
  schema.descendants(model).map(({ name }) => name)

const sharesOne = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((name) => others.includes(name))

/** Whether a link of the model itself leads to the other one. */
const isLinked = (schema: Schema, model: Model, on: string): boolean =>
  model.fields.some(
    (field) =>
      field.kind === 'link' && sharesOne(namesBelow(schema, field.target), namesBelow(schema, on)),
  )

/** The links of each position of a path; or what is wrong with it. */
const waysAlong = (
  schema: Schema,
  start: Model,
  path: string,
): readonly (readonly Way[])[] | string => {
  const names = path.split('.')
  if (names.length > maxIncludeDepth) {
    return `expected at most ${maxIncludeDepth} links in a row, got ${names.length}`
  }
  let reached: readonly Model[] = schema.descendants(start.name)
  const ways: (readonly Way[])[] = []
  for (const name of names) {
    const next = reached.flatMap((model) => wayOf(model, name) ?? [])
    if (next.length === 0) return `${reached[0]?.name ?? start.name} has no link named ${name}`
    ways.push(next)
    reached = next.flatMap(({ model }) => schema.descendants(model))
  }
  return ways
}

const distinctWays = (ways: readonly Way[]): readonly Way[] => [
  ...new Map(ways.map((way) => [JSON.stringify(way), way])).values(),
]

/**
 * The links along which the records of a dependency wait; none where it is a link of the record itself, along which
 * each record waits anyway. A sentence when the models do not have them. Pure.
 */
export const hopsOf = (
  schema: Schema,
  { model: modelName, on, path }: Dependency,
): readonly Hop[] | string => {
  const place = `dependency_graph: ${modelName} on ${on}`
  const unknown = [modelName, on].find((name) => schema.model(name) === undefined)
  const model = schema.model(modelName)
  if (unknown !== undefined || model === undefined)
    return `${place}: there is no model ${unknown ?? modelName}`
  if (path === '') {
    if (isLinked(schema, model, on)) return []
    return `${place}: ${modelName} has no link to ${on}; name the links that lead there, such as slice.network`
  }
  const ways = waysAlong(schema, model, path)
  if (typeof ways === 'string') return `${place}: ${ways}`
  const last = ways.at(-1) ?? []
  const ends = namesBelow(schema, on)
  if (!last.some((way) => sharesOne(namesBelow(schema, way.model), ends))) {
    return `${place}: ${path} leads to ${last[0]?.model ?? modelName}`
  }
  if (ways.length === 1 && last.some(({ backwards }) => backwards)) {
    return `${place}: each ${last[0]?.model ?? on} waits for the ${modelName} that it links to, so neither would ever run`
  }
  if (ways.length === 1) return []

  const rule = `${modelName}.${path} ${on}`
  const start = { path: rule, position: 0, field: '', backwards: false, is_last: false }
  const hops = ways.flatMap((here, index) =>
    distinctWays(here).map(({ field, backwards, model: reached }) => {
      const is_last = index === ways.length - 1
      const below = namesBelow(schema, reached)
      const leaves = is_last ? below.filter((name) => ends.includes(name)) : below
      return { path: rule, position: index + 1, field, backwards, leaves, is_last }
    }),
  )
  return [{ ...start, leaves: namesBelow(schema, modelName) }, ...hops]
}
