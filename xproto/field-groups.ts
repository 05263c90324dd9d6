import { connectedComponents } from './components.ts'
import { wireNameOf, type Numbered } from './numbering.ts'
import { isManyToMany, type Program } from './program.ts'
import { nameInSchema, type FieldNode } from './resolve-field.ts'
import type { Model } from './schema.ts'
import type { MessageNode } from './syntax.ts'
import { isFlagged, namesIn, optionValue } from './values.ts'

/** Each field with each of those that its option names, in other words; names without such words are left out. */
const pairsOf = (
  nodes: readonly FieldNode[],
  option: string,
  words: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] =>
  nodes.flatMap(({ name, options }) => {
    const own = words.get(name.text)
    if (own === undefined) return []
    return namesIn(optionValue(options, option))
      .map((other) => words.get(other))
      .filter((other) => other !== undefined)
      .map((other) => [own, other] as const)
  })

/** Wire names that find a record in a recipe. A link to many finds none. */
export const toscaKeysOf = (fields: readonly Numbered<FieldNode>[]): Model['toscaKeys'] => {
  const nodes = fields.map(({ node }) => node).filter((node) => !isManyToMany(node))
  const wireNames = new Map(nodes.map((node) => [node.name.text, wireNameOf(node)]))
  const explicit = nodes.filter(({ options }) => isFlagged(options, 'tosca_key')).map(wireNameOf)
  const plain = explicit.length === 0 && wireNames.has('name') ? ['name'] : explicit
  return [...plain, ...connectedComponents(pairsOf(nodes, 'tosca_key_one_of', wireNames))]
}

/** Groups of fields that are unique together. Each model of a line has groups of its own. */
export const uniqueGroupsOf = (
  program: Program,
  message: MessageNode,
  fields: readonly Numbered<FieldNode>[],
): Model['uniqueTogether'] =>
  program.lineage(message).flatMap((ancestor) => {
    const nodes = fields.filter(({ declaredIn }) => declaredIn === ancestor).map(({ node }) => node)
    const names = new Map(nodes.map((node) => [node.name.text, nameInSchema(program, node)]))
    return connectedComponents(pairsOf(nodes, 'unique_with', names))
  })
