import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesGlob } from '../../../core/utility/glob.ts'

test.each([
  ['*', '', true],
  ['*', 'Site', true],
  ['S?te', 'Site', true],
  ['S?te', 'Ste', false],
  ['Site', 'site', false],
  ['S*e', 'Site', true],
  ['*Instance*', 'ServiceInstanceLink', true],
  ['a*b*c', 'aXbYbc', true],
  ['a*b*c', 'aXbYb', false],
  ['[a]', 'a', false],
  ['', '', true],
  ['', 'a', false],
])('%s and %s: %s', (pattern, text, matches) => {
  expect(matchesGlob(pattern, text)).toBe(matches)
})

test('a pattern matches what its regular expression does', () => {
  const chars = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 6 })
  const texts = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 })
  fc.assert(
    fc.property(chars, texts, (pattern, text) => {
      const regex = pattern.map((char) => (char === '*' ? '.*' : char === '?' ? '.' : char))
      expect(matchesGlob(pattern.join(''), text.join(''))).toBe(
        new RegExp(`^${regex.join('')}$`).test(text.join('')),
      )
    }),
    { numRuns: 2000 },
  )
})

test('a pattern that makes others explode is answered at once', () => {
  expect(matchesGlob('*?'.repeat(128) + 'x', 'a'.repeat(500))).toBe(false)
})
