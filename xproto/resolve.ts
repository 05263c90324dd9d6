import { countingFields, linksWithoutReverseSet, type CountingFields } from './counting-members.ts'
import { toscaKeysOf, uniqueGroupsOf } from './field-groups.ts'
import { grouped } from './grouped.ts'
import { numberedReverseLinks, reverseWireNameOf, type Numbered } from './numbering.ts'
import { pluralOf } from './plural.ts'
import { policyFrom } from './policies/read.ts'
import type { Policy } from './policies/syntax.ts'
import { modelNameOf, type IncomingLink, type Program } from './program.ts'
import { createFieldResolver } from './resolve-field.ts'
import type { Model, ReverseLink, Schema } from './schema.ts'
import type { LinkNode, MessageNode, PolicyNode } from './syntax.ts'
import { isTrue, textOf } from './values.ts'
import { validatorsFrom } from './validators.ts'

/** The app of a model: REST path segment and first half of its content type. */
export const appOf = (options: ReadonlyMap<string, string>): string =>
  options.get('name') ?? options.get('app_label') ?? ''

export const pluralOfModel = (name: string, options: ReadonlyMap<string, string>): string =>
  options.get('plural') ?? pluralOf(name)

const restPathOf = (app: string, plural: string): string =>
  `/xosapi/v1/${app}/${plural.toLowerCase()}`

const inWireOrder = <T extends { readonly wireNumber: number }>(
  items: readonly T[],
): readonly T[] => items.toSorted((a, b) => a.wireNumber - b.wireNumber)

const reverseLinkFrom = ({ node, number }: Numbered<IncomingLink>, place: number): ReverseLink => ({
  name: node.peer,
  wireName: reverseWireNameOf(node.peer),
  wireNumber: number,
  source: node.source.name.text,
  field: node.link.name.text,
  multiplicity: node.link.multiplicity,
  place,
})

export const isAbstract = (program: Program, message: MessageNode): boolean =>
  isTrue(program.optionsOf(message).get('abstract'))

const unpublishedBy = (options: ReadonlyMap<string, string>): ReadonlySet<string> =>
  new Set([
    ...(isTrue(options.get('no_sync')) ? ['backend_status', 'backend_code'] : []),
    ...(isTrue(options.get('no_policy')) ? ['policy_status', 'policy_code'] : []),
  ])

/** Own options, those of the file, and in compat mode the app of an earlier file where there is none. */
const optionsInForce = (program: Program, message: MessageNode): ReadonlyMap<string, string> => {
  const borrowed = program.borrowedApp(message)
  if (borrowed.length === 0) return program.optionsOf(message)
  return new Map([
    ...borrowed.map(({ name, value }) => [name.text, textOf(value)] as const),
    ...program.optionsOf(message),
  ])
}

/** Whether records of that model can own service instances: it is Service, or derives from it. */
export const isOwnerClass = (program: Program, name: string | undefined): boolean => {
  const model = name === undefined ? undefined : program.models.get(name)
  const service = program.models.get('Service')
  if (model === undefined || service === undefined) return model !== undefined
  return program.lineage(model).includes(service)
}

/** The most derived first, and the bases of a model in the order written: as Python resolves methods. */
const ancestryOf = (program: Program, message: MessageNode): readonly string[] => {
  const found = new Set<string>()
  const enter = ({ name, bases }: MessageNode): void => {
    for (const base of bases.toReversed()) {
      const model = program.models.get(modelNameOf(base))
      if (model !== undefined && !found.has(model.name.text)) enter(model)
    }
    found.add(name.text)
  }
  enter(message)
  return [...found].toReversed()
}

/** The topmost ancestor that has records; the message itself when none has. */
export const rootOf = (program: Program, message: MessageNode): MessageNode =>
  program.lineage(message).find((ancestor) => !isAbstract(program, ancestor)) ?? message

/** Builds the schema of a program in which the passes found no mistake. */
export const resolve = (program: Program): Schema => {
  const countingByModel: CountingFields = new Map(
    [...program.models.values()].map((message) => [message, countingFields(program, message)]),
  )
  const withoutReverseSet = linksWithoutReverseSet(program, countingByModel)
  const hasReverseSet = (link: LinkNode): boolean => !withoutReverseSet.has(link)
  const toField = createFieldResolver(program, hasReverseSet)

  const resolveModel = (message: MessageNode): Model => {
    const name = message.name.text
    const options = optionsInForce(program, message)
    const fields = countingByModel.get(message) ?? []
    const app = appOf(options)
    const plural = pluralOfModel(name, options)
    const owner = options.get('owner_class_name')
    return {
      name,
      app,
      plural,
      restPath: restPathOf(app, plural),
      contentType: `${app}.${name.toLowerCase()}`,
      ancestry: ancestryOf(program, message),
      root: rootOf(program, message).name.text,
      abstract: isAbstract(program, message),
      verboseName: options.get('verbose_name'),
      description: options.get('description') ?? '',
      guiHidden: isTrue(options.get('gui_hidden')),
      unpublished: unpublishedBy(options),
      fields: inWireOrder(fields.map(toField)),
      reverseLinks: inWireOrder(
        numberedReverseLinks(program, message)
          .filter(({ node }) => hasReverseSet(node.link))
          .map(reverseLinkFrom),
      ),
      toscaKeys: toscaKeysOf(fields),
      uniqueTogether: uniqueGroupsOf(program, message, fields),
      ownerClassName: isOwnerClass(program, owner) ? owner : undefined,
      policy: message.policy?.text,
      validators: validatorsFrom(options.get('validators') ?? '').filter(
        (entry) => entry !== undefined,
      ),
      options,
      span: message.span,
    }
  }

  const models = [...program.models.values()]
    .map(resolveModel)
    .toSorted(
      (a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()) || compare(a.name, b.name),
    )
  const byName = new Map(models.map((model) => [model.name, model]))
  const families = grouped(
    models.flatMap((model) => model.ancestry.map((ancestor) => [ancestor, model] as const)),
  )

  return {
    models,
    model: (name) => byName.get(name),
    descendants: (name) => families.get(name) ?? [],
    policies: new Map([...program.policies.values()].flatMap(policyOf)),
  }
}

const policyOf = (node: PolicyNode): readonly (readonly [string, Policy])[] => {
  const { text: name } = node.name
  const { expression } = policyFrom(node)
  if (expression === undefined) return []
  return [[name, { name, text: node.body.text.trim(), expression, span: node.span }]]
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
