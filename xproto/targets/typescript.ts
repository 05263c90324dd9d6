import type { Model, Schema } from '../schema.ts'
import { basesOf, leavesOf } from './record-fields.ts'
import type { Target } from './target.ts'
import { blankFields } from './typescript-blank.ts'
import { docComment, literal, typeNames, type ModelNames } from './typescript-names.ts'
import { preludeFor } from './typescript-prelude.ts'
import { feedbackMembers, fieldMembers, linkMembers, type Member } from './typescript-types.ts'

/** Every model that can be reached from the given ones: ancestors, descendants, and both ends of links. */
const reachable = (schema: Schema, models: readonly Model[]): ReadonlySet<string> => {
  const found = new Set<string>()
  const waiting = models.map(({ name }) => name)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const model = schema.model(name)
    if (model === undefined || found.has(name)) continue
    found.add(name)
    waiting.push(...model.ancestry, ...model.reverseLinks.map(({ source }) => source))
    if (!model.abstract) waiting.push(...leavesOf(schema, name))
    if (model.ownerClassName !== undefined) waiting.push(model.ownerClassName)
    for (const field of model.fields) {
      if (field.kind !== 'link') continue
      waiting.push(field.target)
      if (schema.model(field.target)?.abstract === true) {
        waiting.push(...leavesOf(schema, field.target))
      }
    }
  }
  return found
}

type Described = {
  readonly model: Model
  readonly names: ModelNames
  readonly fields: readonly Member[]
  readonly links: readonly Member[]
}

const describe = (schema: Schema, models: readonly Model[]): ReadonlyMap<string, Described> => {
  const names = typeNames(models)
  return new Map(
    models.flatMap((model) => {
      const own = names.get(model.name)
      if (own === undefined) return []
      const members = { fields: fieldMembers(model), links: linkMembers(schema, model) }
      return [[model.name, { model, names: own, ...members }]]
    }),
  )
}

const memberLines = (members: readonly Member[]): readonly string[] =>
  members.flatMap(({ declaration, doc }) => [...docComment(doc, '  '), `  ${declaration}`])

type Interface = { readonly name: string; readonly members: readonly Member[] }

/** What a base declares and the model has not, or has differently, is left out of it. */
const extendsClause = (bases: readonly Interface[], declarations: ReadonlySet<string>): string => {
  const parts = bases.map(({ name, members }) => {
    const other = members.filter(({ declaration }) => !declarations.has(declaration))
    const names = other.map((member) => literal(member.name)).join(' | ')
    return names === '' ? name : `Omit<${name}, ${names}>`
  })
  return parts.length === 0 ? '' : ` extends ${parts.join(', ')}`
}

/** An interface that repeats nothing its bases have. */
const interfaceText = ({ name, members }: Interface, bases: readonly Interface[]): string => {
  const declarations = new Set(members.map(({ declaration }) => declaration))
  const inherited = new Set(bases.flatMap((base) => base.members.map((m) => m.declaration)))
  const own = members.filter(({ declaration }) => !inherited.has(declaration))
  const head = `export interface ${name}${extendsClause(bases, declarations)}`
  return own.length === 0 ? `${head} {}` : [`${head} {`, ...memberLines(own), '}'].join('\n')
}

/** Not an interface: those lack the index signature that what a step returns must have. */
const feedbackText = ({ model, names }: Described): string => {
  const members = feedbackMembers(model)
  return [
    `/** What a step of ${model.name} may write back; null clears a field. */`,
    `export type ${names.feedback} = {`,
    ...(members.length === 0 ? ['  readonly [field: string]: never'] : memberLines(members)),
    '}',
  ].join('\n')
}

const recordText = ({ model, names }: Described): string => {
  const name = literal(model.name)
  return [
    `/** A record of ${model.name} as its step sees it, with what the given paths include. */`,
    `export type ${names.record}<Path extends Include<${name}> = never> = Expanded<${name}, Path>`,
  ].join('\n')
}

const blankText = ({ model, names }: Described): string => {
  const fields = blankFields(model).map(([field, value]) => `${field}: ${value}`)
  return [
    `/** For tests: \`record(${names.record}, { ... })\` of \`syncstep/testing\`. */`,
    `export const ${names.record}: ModelBlank<Models[${literal(model.name)}]['fields']> = {`,
    `  model: ${literal(model.name)},`,
    `  blank: { ${fields.join(', ')} },`,
    '}',
  ].join('\n')
}

const modelTexts = (
  schema: Schema,
  described: ReadonlyMap<string, Described>,
  own: Described,
): readonly string[] => {
  const { model, names } = own
  const bases = basesOf(schema, model).flatMap(({ name }) => described.get(name) ?? [])
  const fields = interfaceText(
    { name: names.fields, members: own.fields },
    bases.map((base) => ({ name: base.names.fields, members: base.fields })),
  )
  const links = interfaceText(
    { name: names.links, members: own.links },
    bases.map((base) => ({ name: base.names.links, members: base.links })),
  )
  const parts = [[...docComment(model.description, ''), fields].join('\n'), links]
  return model.abstract ? parts : [...parts, feedbackText(own), recordText(own), blankText(own)]
}

const entryLines = (schema: Schema, { model, names }: Described): readonly string[] => {
  if (model.abstract) return []
  const named = model.fields.some(({ name }) => name === 'leaf_model_name')
  const leafName = `{ readonly leaf_model_name: ${literal(model.name)} }`
  return [
    `  readonly ${model.name}: {`,
    `    readonly fields: ${names.fields}${named ? ` & ${leafName}` : ''}`,
    `    readonly links: ${names.links}`,
    `    readonly feedback: ${names.feedback}`,
    `    readonly leaves: ${leavesOf(schema, model.name).map(literal).join(' | ')}`,
    '  }',
  ]
}

const generateTypes = (schema: Schema, asked: readonly Model[]): string => {
  const wanted = reachable(schema, asked)
  const described = describe(
    schema,
    schema.models.filter(({ name }) => wanted.has(name)),
  )
  const all = [...described.values()]
  const map = [
    '/** What there is to know about each model. */',
    'export interface Models {',
    ...all.flatMap((one) => entryLines(schema, one)),
    '}',
  ].join('\n')
  const texts = [map, ...all.flatMap((one) => modelTexts(schema, described, one))].join('\n\n')
  return `${preludeFor(texts)}\n\n${texts}\n`
}

/**
 * One module of types, and what makes typed steps and records for tests of them. It says what really arrives: null fields are absent, dates
 * are numbers, and a related record is there if the step includes it.
 */
export const types: Target = {
  summary: 'TypeScript types for steps: records, related records, feedback',
  generate: (schema, models) => [{ path: 'types.ts', text: generateTypes(schema, models) }],
}
