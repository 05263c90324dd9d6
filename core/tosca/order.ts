import { RecipeError } from './recipe-error.ts'

type Node = { readonly name: string; readonly requirements: ReadonlyMap<string, string> }

/**
 * The nodes in an order in which each comes after all it requires; otherwise in the order given. Requirements
 * name nodes of the same list. Throws {@link RecipeError} naming the cycle when there is one.
 */
export const inOrder = <N extends Node>(nodes: readonly N[]): readonly N[] => {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const ordered = new Set<N>()
  // From the node that was asked for down to the one that is looked at.
  const path: string[] = []

  const add = (node: N): void => {
    if (ordered.has(node)) return
    if (path.includes(node.name)) {
      const cycle = [...path.slice(path.indexOf(node.name)), node.name]
      throw new RecipeError(
        `[XOS-TOSCA] The requirements go round in a circle: ${cycle.join(' -> ')}`,
      )
    }
    path.push(node.name)
    for (const name of node.requirements.values()) {
      const required = byName.get(name)
      if (required !== undefined) add(required)
    }
    path.pop()
    ordered.add(node)
  }

  for (const node of nodes) add(node)
  return [...ordered]
}
