import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readYaml } from '../../../core/tosca/read-yaml.ts'

const laughs = ['a: &a [x, x]']
for (const letter of 'bcdefghij') {
  const before = String.fromCharCode(letter.charCodeAt(0) - 1)
  laughs.push(`${letter}: &${letter} [*${before}, *${before}, *${before}, *${before}]`)
}

test.each([
  ['a million open brackets', '['.repeat(2 ** 20), 'levels of nesting (line 1'],
  ['half a million lists in lists', '- '.repeat(2 ** 19), 'levels of nesting (line 1'],
  ['half a million wrong escapes', `"${'\\q'.repeat(2 ** 19)}"`, 'unknown escape sequence'],
  ['half a million comments', '#\n'.repeat(2 ** 19), 'too long'],
  ['aliases of aliases of aliases', laughs.join('\n'), 'alias'],
  ['an alias within its own anchor', 'a: &a [*a]', 'within its own anchor'],
  ['a hundred and one aliases', `a: &a 1\nb:\n${'- *a\n'.repeat(101)}`, 'more than 100 aliases'],
  ['an alias of nothing', 'a: *b', 'Unresolved alias'],
  ['two documents', 'a: 1\n---\nb: 1', 'Expected one document'],
  ['a map as a key', '? { a: 1 }\n: 2', 'keys must be strings'],
])('%s are refused, quickly', (_what, text, reason) => {
  expect(() => readYaml(text)).toThrow(reason)
})

test('YAML 1.2: yes is a text, a key is a text, a merge is a key', () => {
  expect(readYaml('a: yes\n1: 012\n<<: { b: 0x10 }').value).toEqual(
    new Map<string, unknown>([
      ['a', 'yes'],
      ['1', 12],
      ['<<', new Map([['b', 16]])],
    ]),
  )
})

test('aliases work, and one end marker is no second document', () => {
  expect(readYaml('---\na: &x 1\nb: *x\n...\n').value).toEqual(new Map([['a', 1], ['b', 1]])) // prettier-ignore
})

test('any text is either read or refused with a reason', () => {
  const texts = fc.array(
    fc.constantFrom('a', ':', ' ', '\n', '- ', '[', ']', '{', '}', '&a ', '*a', '"', "'", '|', '? ', '!t ', '\t', '\\', ','),
    { maxLength: 40 },
  ) // prettier-ignore
  fc.assert(
    fc.property(texts, (parts) => {
      try {
        readYaml(parts.join(''))
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'VALIDATION' })
      }
    }),
    { numRuns: 2000 },
  )
})
