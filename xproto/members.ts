import {
  numberedFields,
  numberedReverseLinks,
  reservedNumbers,
  reverseWireNameOf,
  wireNameOf,
} from './numbering.ts'
import { isManyToMany, maxFields, maxLineage, modelNameOf, type Program } from './program.ts'
import type { Span } from './source.ts'
import type { LinkNode, MessageNode, ScalarNode } from './syntax.ts'

/** Something that has a name and a number in the wire form of a model: a field or a reverse set. */
export type Member = {
  readonly kind: 'field' | 'reverse'
  /** The field, or the link that makes the reverse set. */
  readonly node: ScalarNode | LinkNode
  /** The model whose fields or reverse sets it is among. */
  readonly declaredIn: MessageNode
  readonly name: string
  readonly wireName: string
  /** NaN when the number is no number. */
  readonly number: number
  readonly nameSpan: Span
  readonly numberSpan: Span
}

/** What is always there, and declared nowhere. */
export const reservedNames: ReadonlySet<string> = new Set([
  ...reservedNumbers.values(),
  'id_present',
])

/** More than the numbers suffice for: a mistake in that model, which its descendants need not repeat. */
const isOversized = (program: Program, model: MessageNode): boolean =>
  program.fieldsOf(model).length > maxFields || program.incoming(model.name.text).length > 900

/** All members of a model, inherited ones first; none when an ancestor is beyond repair. */
export const membersOf = (program: Program, message: MessageNode): readonly Member[] => {
  const lineage = program.lineage(message)
  if (lineage.length > maxLineage) return []
  if (lineage.some((model) => model !== message && isOversized(program, model))) return []
  const fields = numberedFields(program, message).map(({ declaredIn, node, number }): Member => ({
    kind: 'field',
    node,
    declaredIn,
    name: node.name.text,
    wireName: wireNameOf(node),
    number,
    nameSpan: node.name.span,
    numberSpan: node.number.span,
  }))
  const reverseSets = numberedReverseLinks(program, message).map(
    ({ declaredIn, node: { link, peer }, number }): Member => ({
      kind: 'reverse',
      node: link,
      declaredIn,
      name: peer,
      wireName: reverseWireNameOf(peer),
      number,
      nameSpan: link.peer?.span ?? link.name.span,
      numberSpan: link.reverseNumber?.span ?? link.number.span,
    }),
  )
  return [...fields, ...reverseSets]
}

/** What a member is called; two with the same one are the same member to the original. */
export const ownNamesOf = ({ name, wireName }: Member): readonly string[] => [name, wireName]

/** What must differ within a model: also the group that tells on the wire whether there is a value. */
export const namesOf = (member: Member): readonly string[] => {
  const { kind, node, name } = member
  const isList = kind === 'reverse' || isManyToMany(node)
  return [...new Set([...ownNamesOf(member), ...(isList ? [] : [`${name}_present`])])]
}

type Key = string | number

/** Tells whether a base of the model has members with that key already. Looks at the bases when first asked. */
export const createInheritance = (
  program: Program,
  message: MessageNode,
  keysOf: (member: Member) => readonly Key[],
) => {
  const nodesByKeyOf = (base: MessageNode): ReadonlyMap<Key, ReadonlySet<Member['node']>> => {
    const nodesByKey = new Map<Key, Set<Member['node']>>()
    for (const member of membersOf(program, base)) {
      for (const key of keysOf(member)) {
        const known = nodesByKey.get(key)
        if (known === undefined) nodesByKey.set(key, new Set([member.node]))
        else known.add(member.node)
      }
    }
    return nodesByKey
  }
  let inBases: readonly ReturnType<typeof nodesByKeyOf>[] | undefined
  return (key: Key, ...nodes: readonly Member['node'][]): boolean => {
    inBases ??= program
      .lineage(message)
      .filter((model) => message.bases.some((base) => modelNameOf(base) === model.name.text))
      .map(nodesByKeyOf)
    return inBases.some((nodesByKey) => nodes.every((node) => nodesByKey.get(key)?.has(node)))
  }
}

/**
 * Pairs of members that share a key, each reported for the topmost model that has both: descendants inherit the
 * mistake, they do not make it.
 */
export const collisions = (
  program: Program,
  message: MessageNode,
  members: readonly Member[],
  keysOf: (member: Member) => readonly Key[],
): readonly { readonly first: Member; readonly second: Member }[] => {
  const firstOf = new Map<Key, Member>()
  const found: { first: Member; second: Member }[] = []
  const isInherited = createInheritance(program, message, keysOf)
  for (const member of members) {
    const others = new Set<Member>()
    for (const key of keysOf(member)) {
      const first = firstOf.get(key)
      if (first === undefined) firstOf.set(key, member)
      else if (!others.has(first) && !isInherited(key, first.node, member.node)) {
        found.push({ first, second: member })
      }
      others.add(first ?? member)
    }
  }
  return found
}
