import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, print } from '#xproto'
import { everySource } from '../fixtures/services/read.ts'
import { randomFile } from './random-trees.ts'
import { randomLayout, statementsOf } from './random-layout.ts'
import { withoutComments, withoutLayout } from './without-spans.ts'

const read = (text: string) => {
  const { tree, diagnostics } = parse({ file: 'a.xproto', text })
  expect(diagnostics).toEqual([])
  return tree
}

const formatted = (text: string): string => print(read(text))

const inMessage = (text: string): string => formatted(`message M {\n${text}\n}`)

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

test('of the empty lines between statements one is kept, and blocks stand apart', () => {
  expect(
    formatted(`

// Licence


// What it is
import "a";
import "b";

option a = b; // about a
option c = d;



// about e
option e = f;
message A {}
message B {}
// about p

policy p < x >
enum E { }
option g = h;

// the end

// really

`),
  ).toBe(`// Licence

// What it is
import "a";
import "b";

option a = b; // about a
option c = d;

// about e
option e = f;

message A {
}

message B {
}

// about p

policy p < x >

enum E { }

option g = h;

// the end

// really
`)
})

test('of the empty lines between the parts of a message one is kept', () => {
  expect(
    inMessage(`

  // what it is

  option a = b;
  option c = d;


  // about e
  optional string e = 1;

  optional string f = 2; // f

  // the end

`),
  ).toBe(`message M {
    // what it is

    option a = b;
    option c = d;

    // about e
    optional string e = 1;

    optional string f = 2; // f

    // the end
}
`)
})

test('comments between options stay with them', () => {
  expect(
    inMessage(`optional string a /* a */ = 1 [ // all
  max_length = 10 /* characters */, // at most
  /* may be */ null = True, blank = True
  // and so on
  , /* odd */ db_index /* an index */ = True
  // the end
]; // behind`),
  ).toBe(`message M {
    /* a */
    optional string a = 1 [
        // all
        max_length = 10, /* characters */ // at most
        /* may be */
        null = True,
        blank = True, // and so on
        /* odd */
        /* an index */
        db_index = True // the end
    ]; // behind
}
`)
})

test.each([
  ['option a = b;\r\n\r\noption c = d; // c\r\n', 'option a = b;\n\noption c = d; // c\n'],
  ['/* a  \r\n   b */\r\noption a = b;', '/* a\n   b */\noption a = b;\n'],
  ['policy p <\r\n  a &  \r\n\tb  \r\n>', 'policy p <\n  a &\n\tb\n>\n'],
  ['enum E {\r\n  A = 1;  \r\n}', 'enum E {\n  A = 1;\n}\n'],
  ['\uFEFFoption a = b;', 'option a = b;\n'],
  ['', ''],
  ['\r\n\r\n', ''],
  ['// only', '// only\n'],
])('%j is written as %j', (text, expected) => {
  expect(formatted(text)).toBe(expected)
})

test('a line is no longer than 100 characters, when options can be put on lines of their own', () => {
  const field = (length: number) => `optional string a = 1 [help_text = "${'x'.repeat(length)}"];`
  expect(inMessage(field(57))).toBe(`message M {\n    ${field(57)}\n}\n`)
  expect(inMessage(field(58))).toBe(
    `message M {\n    optional string a = 1 [\n        help_text = "${'x'.repeat(58)}"];\n}\n`,
  )
})

test.each(everySource())('$file stays what it is when it is formatted', ({ file, text }) => {
  const { tree } = parse({ file, text })
  const again = parse({ file, text: print(tree) }).tree
  expect(withoutLayout(again)).toEqual(withoutLayout(tree))
  expect(print(again)).toBe(print(tree))
})

test('a printed tree reads back as the same tree, comments included', () => {
  fc.assert(
    fc.property(randomFile, (tree) => {
      const text = print(tree)
      const again = read(text)
      expect(withoutLayout(again)).toEqual(withoutLayout(tree))
      expect(print(again)).toBe(text)
    }),
    { numRuns: 500 },
  )
})

/** All comments of a text, also those in policies, in alphabetical order and without blanks at the ends of lines. */
const commentsOf = (text: string): readonly string[] =>
  [...text.matchAll(/"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[^]*?\*\//g)]
    .map(([found]) => found.replace(/[ \r]+$/gm, ''))
    .filter((found) => found.startsWith('/'))
    .toSorted()

test('wherever blanks, line breaks and comments stand, the models stay the same and no comment is lost', () => {
  fc.assert(
    fc.property(randomLayout(statementsOf(everySource())), ({ text, plain }) => {
      const tree = read(text)
      expect(withoutComments(tree)).toEqual(withoutComments(read(plain)))
      const once = print(tree)
      expect(commentsOf(once)).toEqual(commentsOf(text))
      expect(once).not.toMatch(/[ \r]\n|\n\n\n|[^\n]$/)
      expect(formatted(once)).toBe(once)
    }),
    { numRuns: 200 },
  )
})
