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
              {
                name: word('max_length'),
                value: { kind: 'number', text: '20' },
                comments: none,
              },
              { name: word('blank'), value: { kind: 'word', text: 'False' }, comments: none },
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
  ['import "a";', 'import', undefined],
  ['package a.b;', 'package', 'a.b'],
  ['enum E { A = 1; // a\n}', 'enum', 'E'],
  ['extend M { optional string a = 1; }', 'extend', 'M'],
  ['_service S { rpc A (B) returns (C) }', '_service', 'S'],
  ['map m <a>', 'map', 'm'],
  ['reduce r <a>', 'reduce', 'r'],
])('%j has its name and is kept as it is written', (text, construct, name) => {
  expect(tree(`// before\n${text} // behind`)).toMatchObject({
    statements: [
      {
        kind: 'unsupported',
        construct,
        ...(name === undefined ? {} : { name: word(name) }),
        text,
        comments: { leading: ['// before'], trailing: ['// behind'] },
      },
    ],
    closing: [],
  })
})

test('comments between options belong to the option before or behind them', () => {
  expect(
    tree(`message M {
  optional string a = 1 [ // all
    b = 1, // behind b
    /* before c */ c = 2, d = 3 /* behind d */, /* before e */ e = 4
    // at the end
  ];
}`),
  ).toMatchObject({
    statements: [
      {
        parts: [
          {
            options: [
              { comments: { leading: ['// all'], trailing: ['// behind b'] } },
              { comments: { leading: ['/* before c */'], trailing: [] } },
              { comments: { leading: [], trailing: ['/* behind d */'] } },
              { comments: { leading: ['/* before e */'], trailing: ['// at the end'] } },
            ],
            comments: none,
          },
        ],
      },
    ],
  })
})

test('an empty line among comments, or before a node, is an empty text', () => {
  expect(
    tree(`// a

// b
option c = d;

option e = f;
message M {

  // g


  option h = i;

  // j
}

// k`),
  ).toMatchObject({
    statements: [
      { comments: { leading: ['// a', '', '// b'] } },
      { comments: { leading: [''] } },
      {
        comments: none,
        parts: [{ comments: { leading: ['', '// g', ''] } }],
        closing: ['', '// j'],
      },
    ],
    closing: ['', '// k'],
  })
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
    'a.xproto:2:9 XP_OPEN_BLOCK: Message First never ends; close it with }.',
    'a.xproto:2:20 XP_SYNTAX: Expected ")" after the base models, found "{".',
    'a.xproto:4:26 XP_SYNTAX: Expected ";" after field two, found "required".',
    'a.xproto:5:24 XP_SYNTAX: Expected "=" and a number after field three, found "3".',
    'a.xproto:6:3 XP_SYNTAX: A field starts with required or optional; write one before "string".',
    'a.xproto:9:12 XP_SYNTAX: Expected the type of the field, found "=".',
    'a.xproto:12:1 XP_SYNTAX: Expected the text of the policy between < and >, found "message".',
  ])
})

test('what is understood survives the mistakes around it', () => {
  const { tree: file } = parse({
    file: 'a.xproto',
    text: `message A { optional string a = ; optional string b = 2; } ! message B { }
service S { rpc A (B) returns (C); } message C () { optional string d = 1
  optional string e = 2 [f,]; optional string g = 3 [h = 1,] };`,
  })
  expect(withoutSpans(file)).toMatchObject({
    statements: [
      { name: word('A'), parts: [{ name: word('b') }] },
      { name: word('B') },
      { name: word('C'), parts: [{ name: word('d') }, { name: word('g') }] },
    ],
  })
})
