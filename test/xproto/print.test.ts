import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, print, type FileNode } from '#xproto'
import { withoutSpans } from './without-spans.ts'

const formatted = (text: string): string => print(parse({ file: 'a.xproto', text }).tree)

test('one form for every way of writing', () => {
  expect(
    formatted(`option name="x";option app_label = x ;
// A rack.
message Rack::p(XOSBase,Mixin){option plural="Racks"; required   string name=1[max_length=20];// its name
optional manytomany zones -> Zone / Rack_zones : racks = 2 : 1001 [help_text = "A text that is long enough to break the line", db_index = True];
/* end */}
policy p<obj.a -> obj.b>`),
  ).toBe(`option name = "x";
option app_label = x;

// A rack.
message Rack::p (XOSBase, Mixin) {
    option plural = "Racks";
    required string name = 1 [max_length = 20]; // its name
    optional manytomany zones->Zone/Rack_zones:racks = 2:1001 [
        help_text = "A text that is long enough to break the line",
        db_index = True];
    /* end */
}

policy p <obj.a -> obj.b>
`)
})

const span = { file: 'a.xproto', start: 0, end: 0 }
const identifier = (text: string) => ({ text, span })
const name = fc.stringMatching(/^[A-Z][A-Za-z0-9_]{0,9}$/).map(identifier)
const dottedName = fc.stringMatching(/^[A-Z]\w{0,5}(\.[A-Z]\w{0,5}){0,2}$/).map(identifier)
const fieldName = fc.oneof(
  name,
  fc.constantFrom('max', 'message', 'toString', '__proto__').map(identifier),
)
const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const number = fc.nat(2000).map((value) => identifier(String(value)))

const value = fc.oneof(
  fc.record({
    kind: fc.constant('string' as const),
    text: fc
      .string({ unit: 'grapheme' })
      .map((text) => text.replace(/[\\"\n]/g, '\\$&').replace(/\n/g, 'n')),
    span: fc.constant(span),
  }),
  fc.record({
    kind: fc.constant('number' as const),
    text: fc.stringMatching(/^[+-]?[0-9]{1,4}(\.[0-9]{1,3})?$/),
    span: fc.constant(span),
  }),
  fc.record({
    kind: fc.constant('word' as const),
    text: fc.oneof(
      fc.constantFrom('True', 'true', 'false'),
      name.map(({ text }) => text),
    ),
    span: fc.constant(span),
  }),
)

const lineComment = fc.stringMatching(/^\/\/[ -~]{0,12}$/).map((text) => text.trimEnd())
const blockComment = fc.stringMatching(/^\/\*[\n !-)+-.0-~]{0,12}\*\/$/)
const comments = fc.record({
  leading: fc.array(fc.oneof(lineComment, blockComment), { maxLength: 2 }),
  trailing: fc
    .tuple(fc.array(blockComment, { maxLength: 1 }), fc.array(lineComment, { maxLength: 1 }))
    .map((parts) => parts.flat()),
})
const closing = fc.array(fc.oneof(lineComment, blockComment), { maxLength: 2 })

const option = fc.record({
  kind: fc.constant('option' as const),
  name,
  value,
  comments,
  span: fc.constant(span),
})

const modifier = fc.constantFrom('required' as const, 'optional' as const, 'repeated' as const)
const fieldParts = {
  modifier,
  name: fieldName,
  policy: perhaps(name),
  number,
  options: fc.array(fc.record({ name, value, span: fc.constant(span) }), { maxLength: 4 }),
  comments,
  span: fc.constant(span),
}
const scalar = fc.record({
  kind: fc.constant('scalar' as const),
  type: fc.oneof(fc.constantFrom('string', 'bool', 'int32', 'float').map(identifier), dottedName),
  ...fieldParts,
})
const linkNode = fc.record({
  kind: fc.constant('link' as const),
  multiplicity: fc.constantFrom('manytoone' as const, 'onetoone' as const, 'manytomany' as const),
  target: dottedName,
  through: perhaps(dottedName),
  peer: perhaps(fc.oneof(fieldName, fc.constant(identifier('+')))),
  reverseNumber: perhaps(number),
  ...fieldParts,
})
const unsupportedPart = fc.record({
  kind: fc.constant('unsupported' as const),
  ...{ construct: fc.constant('enum'), text: fc.constant('enum E {\n  A = 1;\n}') },
  comments,
  span: fc.constant(span),
})
const message = fc.record({
  kind: fc.constant('message' as const),
  name,
  policy: perhaps(name),
  bases: fc.array(dottedName, { maxLength: 3 }),
  parts: fc.array(fc.oneof(option, scalar, linkNode, unsupportedPart), { maxLength: 5 }),
  comments,
  closing,
  span: fc.constant(span),
})
const policy = fc.record({
  kind: fc.constant('policy' as const),
  name,
  body: fc.stringMatching(/^[\n -;=?-~]{0,30}$/).map((text) => identifier(`${text} -> x`)),
  comments,
  span: fc.constant(span),
})
const unsupportedStatement = fc.record({
  kind: fc.constant('unsupported' as const),
  ...{ construct: fc.constant('package'), text: fc.constant('package a.b;') },
  comments,
  span: fc.constant(span),
})
const file: fc.Arbitrary<FileNode> = fc.record({
  kind: fc.constant('file' as const),
  statements: fc.array(fc.oneof(option, message, policy, unsupportedStatement), { maxLength: 4 }),
  closing,
  span: fc.constant(span),
})

test('a printed tree reads back as the same tree, comments included', () => {
  fc.assert(
    fc.property(file, (tree) => {
      const text = print(tree)
      const { tree: again, diagnostics } = parse({ file: 'a.xproto', text })
      expect(diagnostics).toEqual([])
      expect(withoutSpans(again)).toEqual(withoutSpans(tree))
      expect(print(again)).toBe(text)
    }),
    { numRuns: 500 },
  )
})
