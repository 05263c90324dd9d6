import { describe, expect, test } from 'vitest'
import { isFilter, matchesFilter, type Expanded, type Filter } from '#contract'

const relative = (record: object, expanded: Expanded = {}) => ({
  model: 'Any',
  record: { id: 1, ...record },
  expanded,
})

const change = {
  record: { id: 7, name: 'red', bright: true, depth: 2 },
  expanded: {
    owner: relative(
      { leaf_model_name: 'Lake', class_names: 'Lake,Water,Place' },
      { site: relative({ name: 'here' }) },
    ),
    next: null,
    ports: [relative({ open: false }), relative({ open: true })],
    wires: [],
  },
}

describe('a filter', () => {
  test.each<[Filter, boolean]>([
    [{}, true],
    [{ name: 'red' }, true],
    [{ name: 'blue' }, false],
    [{ name: ['blue', 'red'] }, true],
    [{ name: 'red', depth: 3 }, false],
    [{ depth: 2, bright: true }, true],
    [{ depth: '2' }, false],
    [{ 'owner.leaf_model_name': 'Lake' }, true],
    [{ 'owner.class_names': 'Water' }, true],
    [{ 'owner.class_names': 'Wat' }, false],
    [{ 'owner.site.name': 'here' }, true],
    [{ 'next.name': 'red' }, false],
    [{ 'ports.open': true }, true],
    [{ 'wires.open': true }, false],
    [{ next: true }, false],
    [{ next: false }, true],
    [{ ports: true, wires: false }, true],
    [{ nothing: 'here' }, false],
    [{ 'nothing.name': 'here' }, false],
    [{ toString: 'x' }, false],
  ])('%j holds for the record: %j', (filter, expected) => {
    expect(matchesFilter(filter, change)).toBe(expected)
  })

  test.each<[unknown, boolean]>([
    [{ 'a.b.c.d': 1, e: [true] }, true],
    [{ 'a.b.c.d.e': 1 }, false],
    [{ a: [] }, false],
    [{ a: null }, false],
    [{ a: { b: 1 } }, false],
    [{ 'a b': 1 }, false],
    [[], false],
    ['a', false],
  ])('may be %j: %j', (value, expected) => {
    expect(isFilter(value)).toBe(expected)
  })
})
