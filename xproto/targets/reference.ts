import { partsOf, type PolicyExpression } from '../policies/syntax.ts'
import type { Model, ReverseLink, Schema } from '../schema.ts'
import {
  code,
  joined,
  words,
  type Block,
  type Line,
  type ReferencePage,
  type Section,
} from './reference-page.ts'
import { memberTables, type NameModel } from './reference-tables.ts'

const modelId = (name: string): string => `model-${name}`

const policyId = (name: string): string => `policy-${name}`

const policyLine = (schema: Schema, name: string): Line =>
  schema.policies.has(name) ? [{ kind: 'link', text: name, to: policyId(name) }] : code(name)

const validatorLine = (schema: Schema, { policy, message }: Model['validators'][number]): Line => [
  ...policyLine(schema, policy),
  ...words(`: ${message}`),
]

const groupsLine = (groups: Model['toscaKeys'], between: string): Line =>
  joined(
    groups.map((group) =>
      typeof group === 'string' ? code(group) : joined(group.map(code), between),
    ),
    '; ',
  )

const factsOf = (schema: Schema, model: Model, nameModel: NameModel): Block => {
  const { name, ancestry, abstract, root, ownerClassName, policy } = model
  const derived = schema.descendants(name).filter((other) => other !== model)
  const facts: readonly (readonly [name: string, value: Line])[] = [
    ['App', code(model.app)],
    ['REST path', abstract ? words('none, as there are no records of it') : code(model.restPath)],
    ['Content type', code(model.contentType)],
    ['Name for people', words(model.verboseName ?? '')],
    ['Derives from', joined(ancestry.slice(1).map(nameModel))],
    ['Derived models', joined(derived.map((other) => nameModel(other.name)))],
    ['Counts its ids with', root === name ? [] : nameModel(root)],
    ['Accepts as owner', ownerClassName === undefined ? [] : nameModel(ownerClassName)],
    ['Keeps to itself', joined([...model.unpublished].map(code))],
    ['Found in recipes by', groupsLine(model.toscaKeys, ' or ')],
    ['Unique together', groupsLine(model.uniqueTogether, ' and ')],
    ['Access policy', policy === undefined ? words('none: everybody') : policyLine(schema, policy)],
    [
      'Validators',
      joined(
        model.validators.map((one) => validatorLine(schema, one)),
        '; ',
      ),
    ],
  ]
  return { kind: 'facts', facts: facts.filter(([, value]) => value.length > 0) }
}

const broughtBy =
  (schema: Schema) =>
  ({ source, field }: ReverseLink): string => {
    const link = schema.model(source)?.fields.find(({ name }) => name === field)
    return link?.kind === 'link' ? link.target : ''
  }

const modelSection = (schema: Schema, model: Model, nameModel: NameModel): Section => ({
  id: modelId(model.name),
  title: model.name,
  blocks: [
    ...(model.description.trim() === ''
      ? []
      : [{ kind: 'paragraph' as const, line: words(model.description) }]),
    factsOf(schema, model, nameModel),
    ...memberTables(model, broughtBy(schema), nameModel),
  ],
})

const subPolicies = (expression: PolicyExpression): readonly string[] =>
  expression.kind === 'sub-policy'
    ? [expression.policy.text]
    : partsOf(expression).flatMap(subPolicies)

/** Names of the policies that the models use, and of those that these use in turn. */
const policiesOf = (schema: Schema, models: readonly Model[]): ReadonlySet<string> => {
  const used = new Set<string>()
  const waiting = models.flatMap(({ policy, validators }) => [
    ...(policy === undefined ? [] : [policy]),
    ...validators.map((validator) => validator.policy),
  ])
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const policy = schema.policies.get(name)
    if (policy === undefined || used.has(name)) continue
    used.add(name)
    waiting.push(...subPolicies(policy.expression))
  }
  return used
}

/** The text without the indentation that all of its lines share; the first line has lost it already. */
const dedented = (text: string): string => {
  const [first = '', ...rest] = text.split(/\r?\n/).map((line) => line.trimEnd())
  const indents = rest.filter((line) => line !== '').map((line) => line.search(/\S/))
  const shared = Math.min(...indents, 80)
  return [first, ...rest.map((line) => line.slice(shared))].join('\n')
}

const policySection = (schema: Schema, name: string): Section => ({
  id: policyId(name),
  title: name,
  blocks: [{ kind: 'listing', text: dedented(schema.policies.get(name)?.text ?? '') }],
})

const introduction =
  'What a record of each model holds. Every record has an id (number 1 on the wire), class_names (2046) and self_content_type_id (2047). Declarative fields are for users to write, feedback fields for the step that syncs the record, bookkeeping fields for the core.'

/** The models asked for and their ancestors, and the policies that decide about them. */
export const referencePage = (schema: Schema, asked: readonly Model[]): ReferencePage => {
  const wanted = new Set(asked.flatMap(({ ancestry }) => ancestry))
  const models = schema.models.filter(({ name }) => wanted.has(name))
  const nameModel: NameModel = (name) =>
    wanted.has(name) ? [{ kind: 'link', text: name, to: modelId(name) }] : code(name)
  const policies = [...policiesOf(schema, models)].toSorted()
  const chapters = [
    {
      id: 'models',
      title: 'Models',
      sections: models.map((model) => modelSection(schema, model, nameModel)),
    },
    {
      id: 'policies',
      title: 'Policies',
      sections: policies.map((name) => policySection(schema, name)),
    },
  ]
  return {
    title: 'Reference of the models',
    introduction: words(introduction),
    chapters: chapters.filter(({ sections }) => sections.length > 0),
  }
}
