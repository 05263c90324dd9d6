import type { IncomingLink, Program } from './program.ts'
import type { LinkNode, MessageNode, ScalarNode } from './syntax.ts'

/** Numbers the original keeps for every message. */
export const reservedNumbers: ReadonlyMap<number, string> = new Map([
  [1, 'id'],
  [2046, 'class_names'],
  [2047, 'self_content_type_id'],
])

/** Where the numbers of reverse sets begin that have none of their own. */
const firstFreeReverseNumber = 1900

/** Each model of a line that declares something shifts the numbers of those after it. */
const step = 100

export type Numbered<T> = {
  readonly declaredIn: MessageNode
  readonly node: T
  readonly number: number
}

const shifted = <T>(
  lineage: readonly MessageNode[],
  declared: (model: MessageNode) => readonly T[],
  numberOf: (node: T, offset: number) => number,
): readonly Numbered<T>[] => {
  const groups = lineage
    .map((declaredIn) => ({ declaredIn, nodes: declared(declaredIn) }))
    .filter(({ nodes }) => nodes.length > 0)
  return groups.flatMap(({ declaredIn, nodes }, index) =>
    nodes.map((node) => ({ declaredIn, node, number: numberOf(node, index * step) })),
  )
}

/** Inherited and own fields with their wire numbers, in the order of declaration (reference xproto.md b.3). */
export const numberedFields = (
  program: Program,
  message: MessageNode,
): readonly Numbered<ScalarNode | LinkNode>[] =>
  shifted(
    program.lineage(message),
    (model) => program.fieldsOf(model),
    ({ number }, offset) => Number(number.text) + offset,
  )

/** Inherited and own reverse sets with their wire numbers; a model nobody links to shifts nothing (b.4). */
export const numberedReverseLinks = (
  program: Program,
  message: MessageNode,
): readonly Numbered<IncomingLink>[] => {
  let free = firstFreeReverseNumber
  return shifted(
    program.lineage(message),
    (model) => program.incoming(model.name.text),
    ({ link: { reverseNumber } }, offset) =>
      reverseNumber === undefined ? free++ : Number(reverseNumber.text) + offset,
  )
}

/** `owner_id` for a link to one, `ports_ids` for a link to many, else the name. */
export const wireNameOf = (field: ScalarNode | LinkNode): string => {
  if (field.kind === 'scalar') return field.name.text
  return `${field.name.text}_${field.multiplicity === 'manytomany' ? 'ids' : 'id'}`
}

export const reverseWireNameOf = (peer: string): string => `${peer}_ids`
