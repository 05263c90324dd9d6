import { choicesFrom } from './choices.ts'
import { connectedComponents } from './components.ts'
import { defaultFrom } from './defaults.ts'
import {
  numberedFields,
  numberedReverseLinks,
  reverseWireNameOf,
  wireNameOf,
  type Numbered,
} from './numbering.ts'
import { pluralOf } from './plural.ts'
import { modelNameOf, peerOf, type Program } from './program.ts'
import type { Field, FieldRole, Model, ReverseLink, ScalarField, Schema } from './schema.ts'
import type { LinkNode, MessageNode, ScalarNode } from './syntax.ts'
import { isFlagged, isTrue, namesIn, optionValue, textOf } from './values.ts'
import { validatorsFrom } from './validators.ts'

type FieldNode = ScalarNode | LinkNode

/** The app of a model: REST path segment and first half of its content type. */
export const appOf = (options: ReadonlyMap<string, string>): string =>
  options.get('name') ?? options.get('app_label') ?? ''

export const pluralOfModel = (name: string, options: ReadonlyMap<string, string>): string =>
  options.get('plural') ?? pluralOf(name)

const restPathOf = (app: string, plural: string): string =>
  `/xosapi/v1/${app}/${plural.toLowerCase()}`

const roleOf = ({ options }: FieldNode): FieldRole => {
  if (isFlagged(options, 'feedback_state')) return 'feedback'
  return isFlagged(options, 'bookkeeping_state') ? 'bookkeeping' : 'declarative'
}

const numberOption = ({ options }: FieldNode, name: string): number | undefined => {
  const value = optionValue(options, name)
  return value === undefined ? undefined : Number(value.text)
}

const textOption = ({ options }: FieldNode, name: string): string | undefined => {
  const value = optionValue(options, name)
  return value === undefined ? undefined : textOf(value)
}

const formats: readonly ScalarField['format'][] = ['date', 'url', 'ip', 'email', 'stripped']

const resolveField = ({ declaredIn, node, number }: Numbered<FieldNode>): Field => {
  const optional = node.modifier === 'optional'
  const base = {
    name: node.name.text,
    wireName: wireNameOf(node),
    wireNumber: number,
    declaredIn: declaredIn.name.text,
    role: roleOf(node),
    required: node.modifier === 'required',
    writtenNonNull: optionValue(node.options, 'null')?.text === 'False',
    blank: optional,
    unique: isFlagged(node.options, 'unique'),
    indexed: isFlagged(node.options, 'db_index'),
    guiHidden: isFlagged(node.options, 'gui_hidden'),
    help: textOption(node, 'help_text') ?? '',
    span: node.span,
    default: defaultFrom(node),
  }
  if (node.kind === 'link') {
    const { multiplicity, target } = node
    const nullable = optional && multiplicity !== 'manytomany'
    return {
      ...base,
      kind: 'link',
      nullable,
      multiplicity,
      target: modelNameOf(target),
      peer: peerOf(node),
      through: node.through?.text,
    }
  }
  const format = textOption(node, 'content_type')
  const choices = textOption(node, 'choices')
  return {
    ...base,
    kind: 'scalar',
    nullable: optional && node.type.text !== 'bool',
    type: node.type.text as ScalarField['type'], // the passes let no other type through
    format: formats.find((known) => known === format),
    maxLength: numberOption(node, 'max_length'),
    text: isFlagged(node.options, 'text'),
    choices: choices === undefined ? undefined : choicesFrom(choices),
    min: numberOption(node, 'min_value'),
    max: numberOption(node, 'max_value'),
    setOnCreate: isFlagged(node.options, 'auto_now_add'),
  }
}

const inWireOrder = <T extends { readonly wireNumber: number }>(
  items: readonly T[],
): readonly T[] => items.toSorted((a, b) => a.wireNumber - b.wireNumber)

const pairsOf = (
  fields: readonly FieldNode[],
  option: string,
): readonly (readonly [string, string])[] =>
  fields.flatMap(({ name, options }) =>
    namesIn(optionValue(options, option)).map((other) => [name.text, other] as const),
  )

const toscaKeysOf = (nodes: readonly FieldNode[]): Model['toscaKeys'] => {
  const wireNames = new Map(nodes.map((node) => [node.name.text, wireNameOf(node)]))
  const toWire = (name: string): string => wireNames.get(name) ?? name
  const explicit = nodes.filter(({ options }) => isFlagged(options, 'tosca_key')).map(wireNameOf)
  const plain = explicit.length === 0 && wireNames.has('name') ? ['name'] : explicit
  const groups = connectedComponents(pairsOf(nodes, 'tosca_key_one_of'))
  return [...plain, ...groups.map((group) => group.map(toWire).toSorted())]
}

const reverseLinkFrom = ({
  node,
  number,
}: ReturnType<typeof numberedReverseLinks>[number]): ReverseLink => ({
  name: node.peer,
  wireName: reverseWireNameOf(node.peer),
  wireNumber: number,
  source: node.source.name.text,
  field: node.link.name.text,
  multiplicity: node.link.multiplicity,
})

export const isAbstract = (program: Program, message: MessageNode): boolean =>
  isTrue(program.optionsOf(message).get('abstract'))

const unpublishedBy = (options: ReadonlyMap<string, string>): ReadonlySet<string> =>
  new Set([
    ...(isTrue(options.get('no_sync')) ? ['backend_status', 'backend_code'] : []),
    ...(isTrue(options.get('no_policy')) ? ['policy_status', 'policy_code'] : []),
  ])

/** The topmost ancestor that has records; the message itself when none has. */
export const rootOf = (program: Program, message: MessageNode): MessageNode =>
  program.lineage(message).find((ancestor) => !isAbstract(program, ancestor)) ?? message

/** Inherited fields are the same objects in every model of a family. */
const createFieldResolver = () => {
  const known = new Map<FieldNode, Map<number, Field>>()
  return (numbered: Numbered<FieldNode>): Field => {
    const { node, number } = numbered
    const byNumber = known.get(node) ?? new Map<number, Field>()
    known.set(node, byNumber)
    const field = byNumber.get(number) ?? resolveField(numbered)
    byNumber.set(number, field)
    return field
  }
}

/** Builds the schema of a program in which the passes found no mistake. */
export const resolve = (program: Program): Schema => {
  const toField = createFieldResolver()

  const resolveModel = (message: MessageNode): Model => {
    const name = message.name.text
    const options = program.optionsOf(message)
    const app = appOf(options)
    const plural = pluralOfModel(name, options)
    const lineage = program.lineage(message)
    return {
      name,
      app,
      plural,
      restPath: restPathOf(app, plural),
      contentType: `${app}.${name.toLowerCase()}`,
      ancestry: lineage.map((ancestor) => ancestor.name.text).toReversed(),
      root: rootOf(program, message).name.text,
      abstract: isAbstract(program, message),
      verboseName: options.get('verbose_name'),
      description: options.get('description') ?? '',
      guiHidden: isTrue(options.get('gui_hidden')),
      unpublished: unpublishedBy(options),
      fields: inWireOrder(numberedFields(program, message).map(toField)),
      reverseLinks: inWireOrder(numberedReverseLinks(program, message).map(reverseLinkFrom)),
      toscaKeys: toscaKeysOf(lineage.flatMap((ancestor) => program.fieldsOf(ancestor))),
      uniqueTogether: lineage.flatMap((ancestor) =>
        connectedComponents(pairsOf(program.fieldsOf(ancestor), 'unique_with')),
      ),
      ownerClassName: options.get('owner_class_name'),
      policy: message.policy?.text,
      validators: validatorsFrom(options.get('validators') ?? '').filter(
        (entry) => entry !== undefined,
      ),
      options,
      span: message.span,
    }
  }

  const byName = new Map<string, Model>()
  const families = new Map<string, Model[]>()
  const models = [...program.models.values()]
    .map(resolveModel)
    .toSorted(
      (a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()) || compare(a.name, b.name),
    )
  for (const model of models) {
    byName.set(model.name, model)
    for (const ancestor of model.ancestry) {
      const family = families.get(ancestor)
      if (family === undefined) families.set(ancestor, [model])
      else family.push(model)
    }
  }

  return {
    models,
    model: (name) => byName.get(name),
    descendants: (name) => families.get(name) ?? [],
    policies: new Map([...program.policies].map(([name, { body }]) => [name, body.text.trim()])),
  }
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
