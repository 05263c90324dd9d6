import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from '#xproto'
import { cyclesIn } from '../../xproto/cycles.ts'

const codes = (text: string): readonly string[] =>
  compile([{ file: 'a.xproto', text: `option app_label = "a"; ${text}` }]).diagnostics.map(
    ({ code }) => code,
  )

test.each([
  // A tree of records has a root somewhere, or no record at all: that is for its author to know.
  'message A { required manytoone parent->A:children = 2:1001; }',
  'message A { optional manytoone parent->A:children = 2:1001; }',
  // Members of a family may point at each other: the first is one without the link.
  'message A { } message B (A) { required manytoone a->A:+ = 2; }',
  'message A { optional manytoone b->B:+ = 2; } message B (A) { }',
  'message A { } message B { required manytoone a->A:+ = 2; } message C (A) { required manytoone b->B:+ = 2; }',
  // Links to many may be empty.
  'message A { required manytomany b->B:+ = 2; } message B { required manytoone a->A:+ = 2; }',
])('%s has an order', (text) => {
  expect(codes(text)).toEqual([])
})

test('each step of a circle is pointed at', () => {
  const text =
    'option app_label = "a"; message A { required manytoone b->B:+ = 2; } message B { required manytoone a->A:+ = 2; }'
  const [circle] = compile([{ file: 'a.xproto', text }]).diagnostics
  expect(text.slice(circle!.span.start, circle!.span.end)).toBe('B')
  expect(circle!.notes.map(({ message, span }) => [message, span.start])).toEqual([
    ['which leads on to A', text.lastIndexOf('A')],
  ])
})

test('what depends on a circle is not part of it', () => {
  const circle =
    'message A { required manytoone b->B:+ = 2; } message B { required manytoone a->A:+ = 2; }'
  expect(codes(`message C { required manytoone a->A:+ = 2; } ${circle}`)).toEqual([
    'XP_DEPENDENCY_CYCLE',
  ])
})

const graphs = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 8, maxLength: 8 })

/** What can be reached in one step or more, the slow way. */
const reachable = (graph: readonly (readonly number[])[], from: number): ReadonlySet<number> => {
  const found = new Set<number>(graph[from])
  for (const node of found) for (const next of graph[node] ?? []) found.add(next)
  return found
}

test('each group of nodes that reach each other has one cycle, which is a path', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const nodes = [...graph.keys()]
      const cycles = cyclesIn(nodes, (node) => graph[node] ?? [])
      for (const cycle of cycles) {
        expect(cycle[0]).toBe(cycle.at(-1))
        for (const [index, node] of cycle.slice(1).entries()) {
          expect(graph[cycle[index]!]).toContain(node)
        }
        const inner = cycle.slice(1)
        expect(new Set(inner).size).toBe(inner.length)
      }
      const groups = nodes
        .filter((node) => reachable(graph, node).has(node))
        .map((node) =>
          nodes.filter(
            (other) => reachable(graph, node).has(other) && reachable(graph, other).has(node),
          ),
        )
      const firsts = new Set(groups.map((group) => group[0]))
      expect(cycles.map(([first]) => first)).toEqual([...firsts])
    }),
  )
})
