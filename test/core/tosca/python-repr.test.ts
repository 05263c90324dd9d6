import { expect, test } from 'vitest'
import { pythonRepr } from '../../../core/tosca/python-repr.ts'

test.each([
  [['a', 'b'], "['a', 'b']"],
  [[], '[]'],
  ["it's", `"it's"`],
  [`it's "it"`, `'it\\'s "it"'`],
  ['a\\b\n\u0001é', "'a\\\\b\\n\\x01é'"],
  [
    { name: 'x', on: true, off: false, none: null, n: 1.5 },
    "{'name': 'x', 'on': True, 'off': False, 'none': None, 'n': 1.5}",
  ],
  [new Map([['a', [1]]]), "{'a': [1]}"],
])('%j looks like %s', (value, text) => {
  expect(pythonRepr(value)).toBe(text)
})
