import {
  numberedFields,
  numberedReverseLinks,
  reverseWireNameOf,
  wireNameOf,
  type Numbered,
} from './numbering.ts'
import { isDangling, isManyToMany, type Program } from './program.ts'
import type { FieldNode } from './resolve-field.ts'
import type { LinkNode, MessageNode } from './syntax.ts'

const namesOf = (node: FieldNode): readonly string[] => [node.name.text, wireNameOf(node)]

/**
 * The fields of a model that count. Compat mode lets several have one name, of which the last counts, and links to
 * many point at nothing, which do not count.
 */
export const countingFields = (
  program: Program,
  message: MessageNode,
): readonly Numbered<FieldNode>[] => {
  const taken = new Set<string>()
  const counting: Numbered<FieldNode>[] = []
  for (const field of numberedFields(program, message).toReversed()) {
    const { node } = field
    const names = namesOf(node)
    if (names.some((name) => taken.has(name))) continue
    for (const name of names) taken.add(name)
    if (!isManyToMany(node) || !isDangling(program, node)) counting.push(field)
  }
  return counting.toReversed()
}

/** The fields that count, by model. */
export type CountingFields = ReadonlyMap<MessageNode, readonly Numbered<FieldNode>[]>

/** Links that do not count in their own model. */
const uncountedLinks = (program: Program, fields: CountingFields): readonly LinkNode[] =>
  [...fields].flatMap(([message, numbered]) => {
    const counting = new Set(numbered.map(({ node }) => node))
    return program
      .fieldsOf(message)
      .filter((field) => field.kind === 'link')
      .filter((link) => !counting.has(link))
  })

/**
 * Links that make no reverse set, as only compat mode lets there be: those that do not count, and those whose set has
 * a name that is taken, in the target or in a model that derives from it.
 */
export const linksWithoutReverseSet = (
  program: Program,
  fields: CountingFields,
): ReadonlySet<LinkNode> => {
  const found = new Set(uncountedLinks(program, fields))
  for (const [message, numbered] of fields) {
    const taken = new Set(numbered.flatMap(({ node }) => namesOf(node)))
    for (const { node } of numberedReverseLinks(program, message)) {
      if (found.has(node.link)) continue
      const names = [node.peer, reverseWireNameOf(node.peer)]
      if (names.some((name) => taken.has(name))) found.add(node.link)
      for (const name of names) taken.add(name)
    }
  }
  return found
}
