import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inOrder } from '../../../core/tosca/order.ts'

const node = (name: string, ...required: string[]) => ({
  name,
  requirements: new Map(required.map((each, index) => [String(index), each])),
})

test('without requirements the order of the recipe stays', () => {
  const nodes = ['c', 'a', 'b'].map((name) => node(name))

  expect(inOrder(nodes)).toEqual(nodes)
})

test('a node that requires itself goes round in a circle', () => {
  expect(() => inOrder([node('a', 'a')])).toThrow('a -> a')
})

/** Nodes n0, n1, ... in any order; each requires some with smaller numbers, so there is no circle. */
const recipes = fc.integer({ min: 0, max: 12 }).chain((size) =>
  fc
    .tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc.uniqueArray(fc.nat({ max: Math.max(0, index - 1) }), { maxLength: index }),
      ),
    )
    .map((all) => all.map((required, index) => node(`n${index}`, ...required.map((r) => `n${r}`))))
    .chain((nodes) => fc.shuffledSubarray(nodes, { minLength: nodes.length })),
)

test('every node comes once, and after all it requires', () => {
  fc.assert(
    fc.property(recipes, (nodes) => {
      const ordered = inOrder(nodes)
      const place = new Map(ordered.map(({ name }, index) => [name, index]))

      expect(place.size).toBe(nodes.length)
      for (const { name, requirements } of ordered) {
        for (const required of requirements.values()) {
          expect(place.get(required)).toBeLessThan(place.get(name)!)
        }
      }
    }),
  )
})
