/**
 * One cycle of each group of nodes that all reach each other, as short as any through its first node, which stands at
 * both ends: `[a, b, a]`. Groups and nodes come in the order given. A node that leads to itself is a cycle of its own.
 */
export const cyclesIn = <T>(
  nodes: readonly T[],
  nextOf: (node: T) => readonly T[],
): readonly (readonly T[])[] => {
  const groups = groupsIn(nodes, nextOf)
  const found = new Set<ReadonlySet<T>>()
  const cycles: (readonly T[])[] = []
  for (const node of nodes) {
    const group = groups.get(node)
    if (group === undefined || found.has(group)) continue
    found.add(group)
    const cycle = shortestCycle(node, (from) => nextOf(from).filter((next) => group.has(next)))
    if (cycle !== undefined) cycles.push(cycle)
  }
  return cycles
}

const shortestCycle = <T>(
  start: T,
  nextOf: (node: T) => readonly T[],
): readonly T[] | undefined => {
  const cameFrom = new Map<T, T>()
  const waiting = [start]
  // Grows while it is walked: nearest nodes first.
  for (const node of waiting) {
    for (const next of nextOf(node)) {
      if (next === start) return pathBack(start, node, cameFrom)
      if (cameFrom.has(next)) continue
      cameFrom.set(next, node)
      waiting.push(next)
    }
  }
  return undefined
}

const pathBack = <T>(start: T, last: T, cameFrom: ReadonlyMap<T, T>): readonly T[] => {
  const path = [start]
  let node: T | undefined = last
  while (node !== undefined && node !== start) {
    path.push(node)
    node = cameFrom.get(node)
  }
  return [...path, start].toReversed()
}

/** Tarjan's strongly connected components, with a stack of its own, as chains may be long. */
const groupsIn = <T>(
  nodes: readonly T[],
  nextOf: (node: T) => readonly T[],
): ReadonlyMap<T, ReadonlySet<T>> => {
  const groups = new Map<T, ReadonlySet<T>>()
  const index = new Map<T, number>()
  const lowest = new Map<T, number>()
  const open: T[] = []
  const lower = (node: T, candidate: number): void => {
    lowest.set(node, Math.min(lowest.get(node) ?? candidate, candidate))
  }
  const close = (node: T): void => {
    const group = new Set<T>()
    for (let member = open.pop(); member !== undefined; member = open.pop()) {
      group.add(member)
      groups.set(member, group)
      if (member === node) break
    }
  }
  for (const root of nodes) {
    if (index.has(root)) continue
    const calls: { readonly node: T; readonly left: T[] }[] = []
    const enter = (node: T): void => {
      index.set(node, index.size)
      lower(node, index.size - 1)
      open.push(node)
      calls.push({ node, left: nextOf(node).toReversed() })
    }
    enter(root)
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const next = call.left.pop()
      if (next !== undefined) {
        if (!index.has(next)) enter(next)
        else if (!groups.has(next)) lower(call.node, index.get(next) ?? 0)
        continue
      }
      calls.pop()
      const low = lowest.get(call.node) ?? 0
      if (low === index.get(call.node)) close(call.node)
      const caller = calls.at(-1)
      if (caller !== undefined) lower(caller.node, low)
    }
  }
  return groups
}

/** `A -> B -> A`, cut where it gets too long to be read. */
export const cycleText = <T>(cycle: readonly T[], nameOf: (node: T) => string): string => {
  const names = cycle.map(nameOf)
  return (names.length > 12 ? [...names.slice(0, 11), '...'] : names).join(' -> ')
}
