import { grouped } from './grouped.ts'

/**
 * Groups names that are joined by pairs, directly or through others; each group is sorted, and the groups stand in
 * the order of their first names.
 */
export const connectedComponents = (
  pairs: readonly (readonly [string, string])[],
): readonly (readonly string[])[] => {
  const neighbours = grouped(
    pairs.flatMap(([left, right]) => [[left, right] as const, [right, left] as const]),
  )

  const seen = new Set<string>()
  const componentOf = (start: string): readonly string[] => {
    const component: string[] = []
    const waiting = [start]
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (seen.has(name)) continue
      seen.add(name)
      component.push(name)
      waiting.push(...(neighbours.get(name) ?? []))
    }
    return component.toSorted()
  }
  return [...neighbours.keys()].map(componentOf).filter((component) => component.length > 0)
}
