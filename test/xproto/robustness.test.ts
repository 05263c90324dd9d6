import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile, parse, print, render } from '#xproto'
import { everySource, listLegacyServices } from '../fixtures/services/read.ts'
import { withoutLayout } from './without-spans.ts'

const isLong = process.env['SYNCSTEP_LONG'] !== undefined

/** Of each of the three kinds of text. */
const numRuns = isLong ? 70_000 : 700

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
  const { tree, diagnostics: mistakes } = parse(source)
  const printed = print(tree)
  if (mistakes.length > 0) return
  const again = parse({ file: 'a.xproto', text: printed })
  expect(again.diagnostics).toEqual([])
  // As text, which is compared a hundred times faster than a large tree.
  expect(JSON.stringify(withoutLayout(again.tree))).toBe(JSON.stringify(withoutLayout(tree)))
  expect(print(again.tree)).toBe(printed)
}

const words = [
  'message option policy required optional repeated manytoone manytomany string bool import package',
  'enum extend extensions _service rpc returns map reduce to max oneof service syntax A B p = ; : ::',
  '-> / + , . ( ) { } [ ] < > " \' # - 1 1001 -2.5 // /* */ \n \r\n \r \\ {{ }} é \uFEFF',
].flatMap((line) => line.split(' '))

const wordy = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(' '))

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(40),
  insert: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })),
})

const sources = [...everySource(), ...listLegacyServices().flatMap(({ own }) => own)]

/** The statements of the real texts, each with what stands before it. */
const statements = sources.flatMap((source) =>
  parse(source).tree.statements.map(({ span }, index, all) =>
    source.text.slice(all[index - 1]?.span.end ?? 0, span.end),
  ),
)

const slice = fc
  .tuple(fc.constantFrom(...sources), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1500))
  .map(([{ text }, at, length]) => {
    const start = Math.floor(at * text.length)
    return text.slice(start, start + length)
  })

const mutilated = fc
  .tuple(fc.oneof(slice, fc.constantFrom(...statements)), fc.array(edit, { maxLength: 5 }))
  .map(([text, edits]) =>
    edits.reduce((sofar, { at, remove, insert }) => {
      const place = Math.floor(at * sofar.length)
      return sofar.slice(0, place) + insert + sofar.slice(place + remove)
    }, text),
  )

describe('never crashes', () => {
  test.each([
    ['text made of the words of the language', wordy],
    ['random text', fc.string({ unit: 'binary', maxLength: 200 })],
    ['a part of a real text, mutilated', mutilated],
  ])(
    '%s',
    (_, text) => {
      fc.assert(fc.property(text, survives), { numRuns })
    },
    isLong ? 1_200_000 : 60_000,
  )
})

const repeated = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join('\n')

/** Texts that would cost a careless compiler quadratic time, or its stack. */
const hostile: readonly (readonly [string, string])[] = [
  ['braces', '{'.repeat(200_000)],
  ['nested messages', 'message M {'.repeat(20_000)],
  [
    'nested messages and extensions',
    `${'message M { extend E {\n'.repeat(10_000)}${'} }'.repeat(10_000)}`,
  ],
  ['messages in a message', `message M {${'message N { }\n'.repeat(20_000)}}`],
  ['values of an enum', `enum E {${'\nA = 1; // a'.repeat(20_000)}}`],
  ['calls', `_service S {${'rpc A (B) returns (C)\n'.repeat(30_000)}}`],
  ['comments', '// a\n\n'.repeat(200_000)],
  ['comments in a message', `message M {\n${'/* a */ // b\n'.repeat(100_000)}}`],
  [
    'comments in the options of a field',
    `message M { optional bool a = 1 [${'/* a */ // b\n'.repeat(100_000)} b = 1 ${'// c\n'.repeat(100_000)}]; }`,
  ],
  [
    'commented options',
    `message M { optional bool a = 1 [${'b = 1, // b\n'.repeat(20_000)} c = d]; }`,
  ],
  [
    'options of one field',
    `message M { optional bool a = 1 [${'b = 1,\n'.repeat(20_000)} c = d]; }`,
  ],
  ['options', 'option a = b;\n'.repeat(20_000)],
  ['line breaks', '\r\n'.repeat(500_000)],
  ['carriage returns', '\r'.repeat(500_000)],
  ['blanks', `option a =${' '.repeat(1_000_000)}b; // ${' '.repeat(1_000_000)}c`],
  ['hyphens', `option ${'a-'.repeat(300_000)}b = c;`],
  ['dots', `message M (A${'.a'.repeat(200_000)}) { }`],
  ['wrong quotes', "'a' ".repeat(100_000)],
  ['hashes', '# a\n'.repeat(100_000)],
  ['brackets behind a policy', `policy p < a > ${'b > '.repeat(100_000)}`],
  ['policies that end too early', 'policy p < a > b\n'.repeat(20_000)],
  ['policies that end in a text', 'policy p < " > } > {{ > b\n'.repeat(20_000)],
  ['angle brackets in a text', `policy p < " ${'> " '.repeat(100_000)}`],
  ['semicolons', ';'.repeat(200_000)],
  ['closing braces', '}'.repeat(200_000)],
  ['texts over two lines', 'option a = "b\nc";'.repeat(20_000)],
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

// The slowest takes a second on an idle machine; a quadratic step would take minutes.
test.each(hostile)(
  'a text of %s is dealt with in reasonable time',
  (_, text) => {
    survives(text)
  },
  60_000,
)
