import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile, parse, print, render } from '#xproto'
import { coreSource } from '../fixtures/xproto/read.ts'

/** Compiles, renders and prints, and looks at what must hold for any text. */
const survives = (text: string): void => {
  const source = { file: 'a.xproto', text }
  const { schema, diagnostics } = compile([source])
  expect(schema === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'))
  for (const diagnostic of diagnostics.slice(0, 20)) {
    expect(diagnostic.span.start).toBeGreaterThanOrEqual(0)
    expect(diagnostic.span.end).toBeGreaterThanOrEqual(diagnostic.span.start)
    expect(diagnostic.span.end).toBeLessThanOrEqual(text.length)
    expect(render(diagnostic, [source])).toMatch(/^a\.xproto:\d+:\d+ (warning )?XP_[A-Z_]+: /)
  }
  const printed = print(parse(source).tree)
  expect(print(parse({ file: 'a.xproto', text: printed }).tree)).toBe(printed)
}

const words =
  'message option policy required optional manytoone string bool import enum A B p = ; : :: -> / + , . ( ) { } [ ] < > " \' 1 1001 // /* */ \n \\ {{ }}'.split(
    ' ',
  )

test('text made of the words of the language never crashes', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), (parts) => {
      survives(parts.join(' '))
    }),
    { numRuns: 500 },
  )
})

test('random text never crashes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), survives), { numRuns: 500 })
})

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(40),
  insert: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })),
})

test('the core models, mutilated, never crash', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.array(edit, { minLength: 1, maxLength: 5 }), (part, edits) => {
      const start = coreSource.text.length * (part / 21)
      let text = coreSource.text.slice(start, start + 6000)
      for (const { at, remove, insert } of edits) {
        const place = Math.floor(at * text.length)
        text = text.slice(0, place) + insert + text.slice(place + remove)
      }
      survives(text)
    }),
    { numRuns: 500 },
  )
})

const repeated = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join('\n')

/** Texts that would cost a careless compiler quadratic time, or its stack. */
const hostile: readonly (readonly [string, string])[] = [
  ['braces', '{'.repeat(200_000)],
  ['nested messages', 'message M {'.repeat(20_000)],
  ['open comments', '/*'.repeat(100_000)],
  ['open strings', '"\n'.repeat(100_000)],
  ['open policies', 'policy p <-> '.repeat(20_000)],
  ['one long string', `option a = "${'\\\\'.repeat(500_000)}";`],
  ['one long name', `option ${'a'.repeat(1_000_000)} = b;`],
  ['one long number', `option a = ${'1'.repeat(1_000_000)};`],
  ['illegal characters', '#\n'.repeat(100_000)],
  ['a chain of bases', repeated(20_000, (index) => `message M${index} (M${index + 1}) { }`)],
  [
    'a circle of bases',
    repeated(20_000, (index) => `message M${index} (M${(index + 1) % 20_000}) { }`),
  ],
  ['unknown names', repeated(20_000, (index) => `message Model${index} (Unknown${index}) { }`)],
  ['many bases', `message M (${repeated(20_000, (index) => `B${index},`)} A) { }`],
  [
    'many fields, many heirs',
    `message B { ${repeated(5_000, (index) => `optional bool f${index} = 2;`)} } ${repeated(2_000, (index) => `message M${index} (B) { }`)}`,
  ],
  [
    'many links to one model, many heirs',
    `message B { } ${repeated(4_000, (index) => `message L${index} { optional manytoone a->B:r${index} = 2:1001; }`)} ${repeated(2_000, (index) => `message M${index} (B) { }`)}`,
  ],
  ['many choices', `message M { optional string a = 2 [choices = "${'('.repeat(500_000)}"]; }`],
]

// The slowest takes a second; a quadratic step would take minutes.
test.each(hostile)(
  'a text of %s is dealt with in reasonable time',
  (_, text) => {
    survives(text)
  },
  20_000,
)
