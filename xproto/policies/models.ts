import { modelNameOf, type Program } from '../program.ts'
import { isAbstract, rootOf } from '../resolve.ts'
import type { Model, Schema } from '../schema.ts'
import type { LinkNode, MessageNode, ScalarNode } from '../syntax.ts'
import { optionValue, textOf } from '../values.ts'

/** A set of records that belongs to a record: what a link to many leads to, or what links here. */
export type SetMember = {
  readonly kind: 'set'
  /** Model of the records in the set. */
  readonly target: string
  /** The model that declares the link, and the link's name there. */
  readonly declaredIn: string
  readonly link: string
  /** The link is to many, so that pairs are kept beside both records. */
  readonly toMany: boolean
  /** The set is the other side of the link: the records that link here. */
  readonly reverse: boolean
}

/** What a name behind a dot may be. Dates are numbers: seconds since 1970. */
type Member =
  | { readonly kind: 'scalar'; readonly type: 'string' | 'number' | 'boolean' }
  | { readonly kind: 'link'; readonly target: string }
  | SetMember

/** What policies need to know of models. */
export type Models = {
  has(model: string): boolean
  /** False for an abstract one. */
  hasRecords(model: string): boolean
  names(): Iterable<string>
  /** Own or inherited; undefined when there is none, or no such model. */
  member(model: string, name: string): Member | undefined
  memberNames(model: string): Iterable<string>
  /** Records are the same when their roots and their ids are. */
  rootOf(model: string): string
}

const id: Member = { kind: 'scalar', type: 'number' }

const scalarFrom = (type: string, isDate: boolean): Member => {
  if (type === 'string' && !isDate) return { kind: 'scalar', type: 'string' }
  return { kind: 'scalar', type: type === 'bool' ? 'boolean' : 'number' }
}

const linkFrom = (
  declaredIn: string,
  link: string,
  target: string,
  multiplicity: LinkNode['multiplicity'],
): Member =>
  multiplicity === 'manytomany'
    ? { kind: 'set', target, declaredIn, link, toMany: true, reverse: false }
    : { kind: 'link', target }

const reverseFrom = (
  declaredIn: string,
  link: string,
  multiplicity: LinkNode['multiplicity'],
): Member => {
  const toMany = multiplicity === 'manytomany'
  return { kind: 'set', target: declaredIn, declaredIn, link, toMany, reverse: true }
}

const membersOfModel = ({ fields, reverseLinks }: Model): ReadonlyMap<string, Member> =>
  new Map([
    ...reverseLinks.map(
      ({ name, source, field, multiplicity }) =>
        [name, reverseFrom(source, field, multiplicity)] as const,
    ),
    ...fields.map(
      (field) =>
        [
          field.name,
          field.kind === 'scalar'
            ? scalarFrom(field.type, field.format === 'date')
            : linkFrom(field.declaredIn, field.name, field.target, field.multiplicity),
        ] as const,
    ),
    ['id', id],
  ])

export const modelsOfSchema = (schema: Schema): Models => {
  const known = new Map<string, ReadonlyMap<string, Member>>()
  const membersOf = (name: string): ReadonlyMap<string, Member> => {
    const model = schema.model(name)
    const members = known.get(name) ?? (model === undefined ? new Map() : membersOfModel(model))
    known.set(name, members)
    return members
  }
  return {
    has: (model) => schema.model(model) !== undefined,
    hasRecords: (model) => schema.model(model)?.abstract === false,
    names: () => schema.models.map(({ name }) => name),
    member: (model, name) => membersOf(model).get(name),
    memberNames: (model) => membersOf(model).keys(),
    rootOf: (model) => schema.model(model)?.root ?? model,
  }
}

const memberOfNode = (declaredIn: string, node: ScalarNode | LinkNode): Member => {
  if (node.kind === 'link') {
    return linkFrom(declaredIn, node.name.text, modelNameOf(node.target), node.multiplicity)
  }
  const format = optionValue(node.options, 'content_type')
  return scalarFrom(node.type.text, format !== undefined && textOf(format) === 'date')
}

/** The same before the program is resolved. What many models inherit is kept once. */
export const modelsOfProgram = (program: Program): Models => {
  const known = new Map<MessageNode, ReadonlyMap<string, Member>>()
  const ownMembers = (message: MessageNode): ReadonlyMap<string, Member> => {
    const members =
      known.get(message) ??
      new Map([
        ...program
          .incoming(message.name.text)
          .toReversed()
          .map(
            ({ source, link, peer }) =>
              [peer, reverseFrom(source.name.text, link.name.text, link.multiplicity)] as const,
          ),
        ...program
          .fieldsOf(message)
          .map((node) => [node.name.text, memberOfNode(message.name.text, node)] as const),
      ])
    known.set(message, members)
    return members
  }
  const lineageOf = (model: string): readonly MessageNode[] => {
    const message = program.models.get(model)
    return message === undefined ? [] : program.lineage(message).toReversed()
  }

  return {
    has: (model) => program.models.has(model),
    hasRecords: (model) => {
      const message = program.models.get(model)
      return message !== undefined && !isAbstract(program, message)
    },
    names: () => program.models.keys(),
    member: (model, name) => {
      if (name === 'id') return program.models.has(model) ? id : undefined
      for (const message of lineageOf(model)) {
        const member = ownMembers(message).get(name)
        if (member !== undefined) return member
      }
      return undefined
    },
    *memberNames(model) {
      for (const message of lineageOf(model)) yield* ownMembers(message).keys()
      yield 'id'
    },
    rootOf: (model) => {
      const message = program.models.get(model)
      return message === undefined ? model : rootOf(program, message).name.text
    },
  }
}
