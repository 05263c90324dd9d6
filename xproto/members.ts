import {
  numberedFields,
  numberedReverseLinks,
  reservedNumbers,
  reverseWireNameOf,
  wireNameOf,
} from './numbering.ts'
import { maxLineage, modelNameOf, type Program } from './program.ts'
import type { Span } from './source.ts'
import type { MessageNode } from './syntax.ts'

/** Something that has a name and a number in the wire form of a model: a field or a reverse set. */
export type Member = {
  readonly kind: 'field' | 'reverse'
  /** The model whose fields or reverse sets it is among. */
  readonly declaredIn: MessageNode
  readonly name: string
  readonly wireName: string
  /** NaN when the number is missing or no number. */
  readonly number: number
  readonly nameSpan: Span
  readonly numberSpan: Span
}

/** What is always there, and declared nowhere. */
export const reservedNames: ReadonlySet<string> = new Set(reservedNumbers.values())

/** More than the numbers suffice for: a mistake in that model, which its descendants need not repeat. */
const isOversized = (program: Program, model: MessageNode): boolean =>
  program.fieldsOf(model).length > 99 || program.incoming(model.name.text).length > 900

/** All members of a model, inherited ones first; none when an ancestor is beyond repair. */
export const membersOf = (program: Program, message: MessageNode): readonly Member[] => {
  const lineage = program.lineage(message)
  if (lineage.length > maxLineage) return []
  if (lineage.some((model) => model !== message && isOversized(program, model))) return []
  const fields = numberedFields(program, message).map(({ declaredIn, node, number }): Member => ({
    kind: 'field',
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

/**
 * Pairs of members that have the same key, each reported for the topmost model that has both: descendants inherit
 * the mistake, they do not make it.
 */
export const collisions = (
  program: Program,
  message: MessageNode,
  members: readonly Member[],
  keyOf: (member: Member) => string | number | undefined,
): readonly { readonly first: Member; readonly second: Member }[] => {
  const firstOf = new Map<string | number, Member>()
  const found: { first: Member; second: Member }[] = []
  const isNew = (first: Member, second: Member): boolean =>
    [first, second].some(({ declaredIn }) => declaredIn === message) ||
    !message.bases.some((base) => {
      const model = program.models.get(modelNameOf(base))
      const line = model === undefined ? [] : program.lineage(model)
      return line.includes(first.declaredIn) && line.includes(second.declaredIn)
    })
  for (const member of members) {
    const key = keyOf(member)
    if (key === undefined) continue
    const first = firstOf.get(key)
    if (first === undefined) firstOf.set(key, member)
    else if (isNew(first, member)) found.push({ first, second: member })
  }
  return found
}
