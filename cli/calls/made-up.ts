import {
  initialStatus,
  type Change,
  type Expanded,
  type ExpandedRecord,
  type Operation,
  type Random,
} from '#contract'
import type { Field, LinkField, Model, ReverseLink, ScalarField, Schema } from '#xproto'
import { pathsBelow, pathHeads } from './include-paths.ts'

type Maker = {
  readonly schema: Schema
  readonly random: Random
  /** Each record has an id of its own, whatever its model. */
  readonly nextId: () => number
}

/** What a record has to say because of the one that it was made for. */
type Given = Readonly<Record<string, unknown>>

/** Dates fall into the year that begins here, in seconds since 1970. */
const firstSecond = Date.UTC(2026, 0, 1) / 1000
const secondsOfYear = 365 * 86_400

const between = (random: Random, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1))

const pick = <T>(random: Random, from: readonly T[]): T | undefined =>
  from[Math.floor(random() * from.length)]

/** Four letters and digits. */
const word = (random: Random): string =>
  Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0')

const textFor = (
  { name, choices = [], format, maxLength }: ScalarField,
  random: Random,
): string => {
  const chosen = pick(
    random,
    choices.flatMap(({ value }) => value ?? []),
  )
  if (chosen !== undefined) return chosen
  // Names and addresses that are set aside for examples.
  if (format === 'url') return `https://example.com/${word(random)}`
  if (format === 'email') return `${word(random)}@example.com`
  if (format === 'ip') return `192.0.2.${between(random, 1, 254)}`
  return `${name}-${word(random)}`.slice(0, maxLength)
}

const numberFor = ({ min, max }: ScalarField, random: Random): number => {
  const least = min ?? Math.min(0, max ?? 0)
  return between(random, least, Math.min(max ?? Infinity, least + 1000))
}

const scalarFor = (field: ScalarField, random: Random): string | number | boolean => {
  if (field.format === 'date') return firstSecond + between(random, 0, secondsOfYear - 1)
  if (field.type === 'string') return textFor(field, random)
  return field.type === 'bool' ? random() < 0.5 : numberFor(field, random)
}

/** Undefined where a record that nobody has synced yet has nothing. */
const valueFor = (field: Field, { random, nextId }: Maker): unknown => {
  const { default: otherwise } = field
  const isDate = field.kind === 'scalar' && field.format === 'date'
  if (otherwise?.kind === 'value' && otherwise.value !== null && !isDate) return otherwise.value
  const isOfSteps = field.role !== 'declarative'
  if (field.nullable && (isOfSteps || random() < 0.5)) return undefined
  if (field.kind === 'scalar') return scalarFor(field, random)
  return field.multiplicity === 'manytomany' ? [] : nextId()
}

/** The model of a record that is linked to by the name of another one. Undefined when that can have no records. */
const leafOf = ({ schema, random }: Maker, name: string): Model | undefined => {
  const concrete = schema.descendants(name).filter(({ abstract }) => !abstract)
  const isLast = (model: Model): boolean => schema.descendants(model.name).length === 1
  return pick(random, concrete.filter(isLast)) ?? concrete[0]
}

const targetOf = (maker: Maker, model: Model, { name, target }: LinkField): Model | undefined =>
  leafOf(maker, name === 'owner' ? (model.ownerClassName ?? target) : target)

/** Enough to show that it is a list. */
const recordsOfSet = 2

const setOf = (make: () => ExpandedRecord): readonly ExpandedRecord[] =>
  Array.from({ length: recordsOfSet }, make)

type Made = { readonly value: unknown; readonly linked: Expanded[string] | undefined }

const made = (maker: Maker, model: Model, field: Field, paths: readonly string[]): Made => {
  const isIncluded = field.kind === 'link' && pathHeads(paths).has(field.name)
  if (!isIncluded) return { value: valueFor(field, maker), linked: undefined }
  const many = field.multiplicity === 'manytomany'
  const target = targetOf(maker, model, field)
  if (target === undefined) return { value: many ? [] : undefined, linked: many ? [] : null }
  const below = pathsBelow(paths, field.name)
  const make = (): ExpandedRecord => recordOf(maker, target, below)
  if (!many) {
    const linked = make()
    return { value: linked.record['id'], linked }
  }
  const linked = setOf(make)
  return { value: linked.map(({ record }) => record['id']), linked }
}

const linkingHere = (
  maker: Maker,
  { name, source, field }: ReverseLink,
  id: number,
  paths: readonly string[],
): readonly ExpandedRecord[] => {
  const model = leafOf(maker, source)
  const link = model?.fields.find((candidate) => candidate.name === field)
  if (model === undefined || link === undefined) return []
  const value = link.kind === 'link' && link.multiplicity === 'manytomany' ? [id] : id
  return setOf(() => recordOf(maker, model, pathsBelow(paths, name), { [link.wireName]: value }))
}

/** XOS passwords never leave the core. */
const isSecret = ({ name }: Field): boolean => name === 'password'

const recordOf = (
  maker: Maker,
  model: Model,
  paths: readonly string[],
  given: Given = {},
): ExpandedRecord => {
  const id = maker.nextId()
  const own: Given = { leaf_model_name: model.name, backend_status: initialStatus.text, ...given }
  const record: Record<string, unknown> = { id }
  const expanded: Record<string, Expanded[string]> = {}
  for (const field of model.fields) {
    if (isSecret(field)) continue
    const { value, linked } = made(maker, model, field, paths)
    const kept = Object.hasOwn(own, field.wireName) ? own[field.wireName] : value
    if (kept !== undefined) record[field.wireName] = kept
    if (linked !== undefined) expanded[field.name] = linked
  }
  for (const reverse of model.reverseLinks) {
    if (!pathHeads(paths).has(reverse.name)) continue
    expanded[reverse.name] = linkingHere(maker, reverse, id, paths)
  }
  record['class_names'] = model.ancestry.join(',')
  record['self_content_type_id'] = model.contentType
  return { model: model.name, record, expanded }
}

type MadeUpOptions = {
  readonly operation: Operation
  /** Paths of links, as a step has them. */
  readonly include: readonly string[]
}

type ChangeMaker = (model: Model, options: MadeUpOptions) => Change

/** What has to be so for a record to be deleted by its step, or by its policy. */
const deletions: ReadonlyMap<Operation, Given> = new Map([
  ['delete', { deleted: true, backend_need_delete: true }],
  ['policy_delete', { deleted: true, backend_need_delete_policy: true }],
])

/**
 * Makes up changes of records from their models: what a core could send, with texts such as `name-k3f9`. The same numbers
 * make the same changes, each of a record of its own.
 */
export const createChangeMaker = (schema: Schema, random: Random): ChangeMaker => {
  let id = 0
  const maker: Maker = { schema, random, nextId: () => (id += 1) }

  return (model, { operation, include }) => {
    const deletion = deletions.get(operation) ?? {}
    const { record, expanded } = recordOf(maker, model, include, deletion)
    const stamp = Math.round(Number(record['updated'] ?? firstSecond) * 1e6)
    return { operation, model: model.name, record, expanded, stamp, attempt: 1 }
  }
}

/** One of them. */
export const madeUpChange = (
  schema: Schema,
  model: Model,
  { random, ...options }: MadeUpOptions & { readonly random: Random },
): Change => createChangeMaker(schema, random)(model, options)
