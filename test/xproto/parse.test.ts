import { expect, test } from 'vitest'
import { parse, render } from '#xproto'
import { withoutSpans } from './without-spans.ts'

const tree = (text: string): unknown => {
  const { tree: file, diagnostics } = parse({ file: 'a.xproto', text })
  expect(diagnostics).toEqual([])
  return withoutSpans(file)
}

const mistakes = (text: string): readonly string[] => {
  const source = { file: 'a.xproto', text }
  return parse(source).diagnostics.map(
    (diagnostic) => render(diagnostic, [source]).split('\n')[0] ?? '',
  )
}

const none = { leading: [], trailing: [] }
const word = (text: string) => ({ text })

test('a message has a policy, bases, options and fields', () => {
  expect(
    tree(`message Leaf::leaf_policy (Base, Mixin) {
      option plural = "Leaves";
      required string name = 1 [max_length = 20, blank = False];
    }`),
  ).toEqual({
    kind: 'file',
    closing: [],
    statements: [
      {
        kind: 'message',
        name: word('Leaf'),
        policy: word('leaf_policy'),
        bases: [word('Base'), word('Mixin')],
        comments: none,
        closing: [],
        parts: [
          {
            kind: 'option',
            name: word('plural'),
            value: { kind: 'string', text: 'Leaves' },
            comments: none,
          },
          {
            kind: 'scalar',
            modifier: 'required',
            type: word('string'),
            name: word('name'),
            number: word('1'),
            comments: none,
            options: [
              { name: word('max_length'), value: { kind: 'number', text: '20' } },
              { name: word('blank'), value: { kind: 'word', text: 'False' } },
            ],
          },
        ],
      },
    ],
  })
})

const link = {
  kind: 'link',
  modifier: 'optional',
  multiplicity: 'manytoone',
  name: word('rack'),
  target: word('Rack'),
  number: word('3'),
  options: [],
  comments: none,
}

test.each([
  [
    'optional manytoone rack->Rack:units = 3:1004;',
    { peer: word('units'), reverseNumber: word('1004') },
  ],
  ['optional manytoone rack->Rack:units = 3;', { peer: word('units') }],
  ['optional manytoone rack->Rack:+ = 3;', { peer: word('+') }],
  ['optional manytoone rack->Rack:rack_+ = 3;', { peer: word('rack_+') }],
  ['optional manytoone rack->Rack = 3;', {}],
  [
    'optional onetoone rack -> Rack : units = 3 : 1001 ;',
    { multiplicity: 'onetoone', peer: word('units'), reverseNumber: word('1001') },
  ],
  [
    'optional manytomany rack->Rack/Unit_rack:units = 3:1004;',
    {
      multiplicity: 'manytomany',
      through: word('Unit_rack'),
      peer: word('units'),
      reverseNumber: word('1004'),
    },
  ],
  [
    'optional manytoone rack::guard->a.b.Rack = 3;',
    { policy: word('guard'), target: word('a.b.Rack') },
  ],
])('%s is a link', (text, expected) => {
  expect(tree(`message Unit { ${text} }`)).toMatchObject({
    statements: [{ parts: [{ ...link, ...expected }] }],
  })
})

test.each([
  ['"a \\" // /* < > b"', 'string', 'a \\" // /* < > b'],
  ['-12.5', 'number', '-12.5'],
  ['True', 'word', 'True'],
  ['true', 'word', 'true'],
  ['"now()"', 'string', 'now()'],
])('a field option can be %s', (text, kind, content) => {
  expect(tree(`message M { optional string max = 1 [default = ${text}]; }`)).toMatchObject({
    statements: [{ parts: [{ name: word('max'), options: [{ value: { kind, text: content } }] }] }],
  })
})

test('a policy reaches to the first > that is not part of an arrow', () => {
  expect(tree('policy p<a -> b\n// note\n| c>policy q < d >')).toMatchObject({
    statements: [
      { kind: 'policy', name: word('p'), body: word('a -> b\n// note\n| c') },
      { kind: 'policy', name: word('q'), body: word(' d ') },
    ],
  })
})

test('each comment has a home', () => {
  expect(
    tree(`// about M
/* still
   about M */
message M { // about a
  optional string a = 1; // behind a
  optional string b /* inside b */ = 2;
  // at the end of M
} // behind M
// at the end`),
  ).toMatchObject({
    statements: [
      {
        comments: { leading: ['// about M', '/* still\n   about M */'], trailing: ['// behind M'] },
        closing: ['// at the end of M'],
        parts: [
          { comments: { leading: ['// about a'], trailing: ['// behind a'] } },
          { comments: { leading: ['/* inside b */'], trailing: [] } },
        ],
      },
    ],
    closing: ['// at the end'],
  })
})

test.each([
  '',
  '  \r\n\t\f',
  '\uFEFFoption a = b;',
  'message M {}',
  'message M { optional string message = 1 []; }',
])('%j is fine', (text) => {
  expect(mistakes(text)).toEqual([])
})

test.each([
  [
    'option a = "b"',
    'a.xproto:1:15 XP_SYNTAX: Expected ";" after option a, found the end of the file.',
  ],
  [
    'message M { string a = 1; }',
    'a.xproto:1:13 XP_SYNTAX: Expected a field (required, optional), an option or "}", found "string".',
  ],
  [
    'message M { optional string a; }',
    'a.xproto:1:30 XP_SYNTAX: Expected "=" and a number after field a, found ";".',
  ],
  [
    'message M { optional string a = b; }',
    'a.xproto:1:33 XP_SYNTAX: Expected the number of the field, found "b".',
  ],
  [
    'message M { optional string a = 1 [b]; }',
    'a.xproto:1:37 XP_SYNTAX: Expected "=" after the option b, found "]".',
  ],
  [
    'message M { optional string a = 1 [b = c,]; }',
    'a.xproto:1:42 XP_SYNTAX: Expected the name of an option, found "]".',
  ],
  [
    'message M { optional string a = 1 [b = f()]; }',
    'a.xproto:1:41 XP_SYNTAX: Expected "]" after the options of the field, found "(".',
  ],
  [
    'message M { optional string a-b = 1; }',
    'a.xproto:1:30 XP_ILLEGAL_CHARACTER: "-" has no meaning in xproto; remove it.',
  ],
  [
    'message M { optional string policy = 1; }',
    'a.xproto:1:29 XP_RESERVED_WORD: "policy" is a word of the language and cannot be the name of the field; choose another.',
  ],
  [
    'message M { optional onetomany a->B:c = 1; }',
    'a.xproto:1:33 XP_SYNTAX: Expected "=" and a number after field a, found "->".',
  ],
  ['message M (B) ::p { }', 'a.xproto:1:14 XP_SYNTAX: Expected "{" to open message M, found "::".'],
  ['message M () { }', 'a.xproto:1:12 XP_SYNTAX: Expected the name of a base model, found ")".'],
  [
    'message M { };',
    'a.xproto:1:14 XP_SYNTAX: Expected a message, a policy or an option, found ";".',
  ],
  [
    'syntax = "proto3";',
    'a.xproto:1:1 XP_SYNTAX: Expected a message, a policy or an option, found "syntax".',
  ],
  [
    "option a = 'b';",
    'a.xproto:1:12 XP_ILLEGAL_CHARACTER: Text is written between straight double quotes: "text".',
  ],
  ['# note\n', 'a.xproto:1:1 XP_ILLEGAL_CHARACTER: A comment starts with //, not with #.'],
  [
    'option a = “b”;',
    'a.xproto:1:12 XP_ILLEGAL_CHARACTER: Text is written between straight double quotes: "text".',
  ],
  [
    'option a\u00A0= b;',
    'a.xproto:1:9 XP_ILLEGAL_CHARACTER: "\u00A0" has no meaning in xproto; remove it.',
  ],
  [
    'option a = "b;\n',
    'a.xproto:1:12 XP_OPEN_STRING: This text never ends; close it with " on the same line.',
  ],
  [
    'option a = b; /* c',
    'a.xproto:1:15 XP_OPEN_COMMENT: This comment never ends; close it with */.',
  ],
  [
    'policy p < a -> b',
    'a.xproto:1:10 XP_OPEN_POLICY: This policy never ends; close it with > behind its expression.',
  ],
  [
    'policy p;',
    'a.xproto:1:9 XP_SYNTAX: Expected the text of the policy between < and >, found ";".',
  ],
  [
    'enum E { a = 1;',
    'a.xproto:1:16 XP_SYNTAX: Expected "}" to end this enum, found the end of the file.',
  ],
  ['message M {', 'a.xproto:1:9 XP_OPEN_MESSAGE: Message M never ends; close it with }.'],
])('%j is refused', (text, expected) => {
  expect(mistakes(text)[0]).toBe(expected)
})

test('one run finds all mistakes, and each only once', () => {
  expect(
    mistakes(`option a = "b"
message First (Base {
  required string one = 1;
  required string two = 2
  required string three 3;
  string four = 4;
  optional string five = 5;
message Second {
  optional = 1;
}
policy third
message Fourth { optional string ok = 1; }
`),
  ).toEqual([
    'a.xproto:1:15 XP_SYNTAX: Expected ";" after option a, found "message".',
    'a.xproto:2:20 XP_SYNTAX: Expected ")" after the base models, found "{".',
    'a.xproto:4:26 XP_SYNTAX: Expected ";" after field two, found "required".',
    'a.xproto:5:24 XP_SYNTAX: Expected "=" and a number after field three, found "3".',
    'a.xproto:6:3 XP_SYNTAX: Expected a field (required, optional), an option or "}", found "string".',
    'a.xproto:2:9 XP_OPEN_MESSAGE: Message First never ends; close it with }.',
    'a.xproto:9:12 XP_SYNTAX: Expected the type of the field, found "=".',
    'a.xproto:12:1 XP_SYNTAX: Expected the text of the policy between < and >, found "message".',
  ])
})

test('what is understood survives the mistakes around it', () => {
  const { tree: file } = parse({
    file: 'a.xproto',
    text: 'message A { optional string a = ; optional string b = 2; } ! message B { }',
  })
  expect(withoutSpans(file)).toMatchObject({
    statements: [{ name: word('A'), parts: [{ name: word('b') }] }, { name: word('B') }],
  })
})
