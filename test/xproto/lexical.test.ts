import { expect, test } from 'vitest'
import { compile, parse, print, type Diagnostic } from '#xproto'

const rowOf = ({ code, severity, message, span }: Diagnostic, text: string): string => {
  const before = text.slice(0, span.start).split('\n')
  const place = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
  return `${place} ${severity === 'warning' ? 'warning ' : ''}${code}: ${message}`
}

/** The canonical text of what is read, and what is wrong with it. */
const read = (text: string) => {
  const { tree, diagnostics } = parse({ file: 'a.xproto', text })
  return { text: print(tree), mistakes: diagnostics.map((mistake) => rowOf(mistake, text)) }
}

/** The same for what stands in a message. */
const readPart = (text: string): string => {
  const { text: printed, mistakes } = read(`message M {\n${text}\n}`)
  expect(mistakes).toEqual([])
  return printed.slice('message M {\n'.length, -'}\n'.length).trimEnd().replace(/^ {4}/gm, '')
}

test.each([
  // white space
  ['blanks are free', 'option\ta\f=\r\n  b ;', 'option a = b;\n'],
  ['blanks are not needed', 'option a="b";option c=d;', 'option a = "b";\noption c = d;\n'],
  ['a mark for the byte order may start a text', '\uFEFFoption a = b;', 'option a = b;\n'],
  ['no last line end is needed', 'option a = b; // c', 'option a = b; // c\n'],
  // comments
  ['a comment ends with its line', '// a /* b\noption a = b;', '// a /* b\noption a = b;\n'],
  ['comments are not nested', '/* a /* b */ option a = b;', '/* a /* b */\noption a = b;\n'],
  [
    'comments stand between any two words',
    'message/**/M//a\n::/**/p/**/(/**/B/**/./**/C/**/)/**/{/**/}/**/',
    '/**/\n//a\n/**/\n/**/\n/**/\n/**/\n/**/\n/**/\n/**/\nmessage M::p (B.C) {\n    /**/\n} /**/\n',
  ],
  ['comments need no blanks', 'option a/*b*/=/*c*/d;', '/*b*/\n/*c*/\noption a = d;\n'],
  // names and keywords
  ['names hold + and $', 'option $a_1+$ = b+;', 'option $a_1+$ = b+;\n'],
  [
    'upper and lower case differ',
    'message Message { } message MAX { }',
    'message Message {\n}\n\nmessage MAX {\n}\n',
  ],
  [
    'a constant is a name',
    'message None { } policy True <x>',
    'message None {\n}\n\npolicy True <x>\n',
  ],
  ['words of protobuf are names', 'option syntax = service;', 'option syntax = service;\n'],
  // strings
  ['a string holds marks', 'option a = "// /* < > */ \'";', 'option a = "// /* < > */ \'";\n'],
  [
    'a backslash takes any character along',
    'option a = "\\"\\\\\\x\\é";',
    'option a = "\\"\\\\\\x\\é";\n',
  ],
  ['a string holds any letter', 'option a = "größer ☃ 😀";', 'option a = "größer ☃ 😀";\n'],
  ['a string may be empty', 'option a = "";', 'option a = "";\n'],
  // policies
  ['a policy ends at the first >', 'policy p<a>policy q< b >', 'policy p <a>\n\npolicy q < b >\n'],
  ['an arrow does not end a policy', 'policy p < a -> b->c >', 'policy p < a -> b->c >\n'],
  [
    'a policy spans lines',
    'policy p <\n  a // b\n  & /* c */ d\n>',
    'policy p <\n  a // b\n  & /* c */ d\n>\n',
  ],
  ['a policy holds any mark but >', 'policy p < a < "b" {;} # >', 'policy p < a < "b" {;} # >\n'],
  // punctuation
  ['blanks around :: are free', 'message M :: p { }', 'message M::p {\n}\n'],
  ['names have dots', 'message M (a . b.C, D) { }', 'message M (a.b.C, D) {\n}\n'],
  // files
  ['a text may be empty', '', ''],
  ['a text may be all comment', '// a', '// a\n'],
  ['a message may be empty', 'message M{}', 'message M {\n}\n'],
  [
    'an option is a string or a word',
    'option a = "b"; option c = d;',
    'option a = "b";\noption c = d;\n',
  ],
  // what nothing uses
  ['imports are read', 'import "a/b.xproto" ;', 'import "a/b.xproto" ;\n'],
  ['packages are read', 'package a . b ;', 'package a . b ;\n'],
  [
    'enums are read',
    'enum E { A = 1; option b = c; max = -2; message = 3; + = 4; }',
    'enum E { A = 1; option b = c; max = -2; message = 3; + = 4; }\n',
  ],
  [
    'extensions of a message are read',
    'extend M { optional string a = 1; extensions 2 to 3; }',
    'extend M { optional string a = 1; extensions 2 to 3; }\n',
  ],
  [
    'services are read',
    '_service S { rpc A (B) returns (C) rpc D (E) returns (F) }',
    '_service S { rpc A (B) returns (C) rpc D (E) returns (F) }\n',
  ],
  [
    'functions are read',
    'map m <lambda x: x> reduce r < y >',
    'map m <lambda x: x>\n\nreduce r < y >\n',
  ],
])('%s: %j', (_, text, expected) => {
  expect(read(text)).toEqual({ text: expected, mistakes: [] })
})

test.each([
  // fields
  ['required string a = 1;'],
  ['optional bool max = 2 [default = true];'],
  ['repeated a.b.C message = 3;'],
  ['optional double + = +4.5;'],
  ['optional string service = 1;'],
  ['optional bytes oneof::guard = 1;'],
  ['optional onetomany onetomany = 1;'],
  // options of fields
  ['optional int32 a = 1 [b = -1.50, c = +3, d = "e", f = g, h = true, i = false];'],
  // links
  ['required manytoone rack->Rack:units = 3:1004;'],
  ['required manytoone rack->Rack:units = 3;'],
  ['required manytoone rack->Rack:+ = 3;'],
  ['required manytoone rack->Rack:x_+ = 3;'],
  ['required manytoone rack->Rack = 3;'],
  ['optional manytomany zones->Zone/Device_zones:devices = 4:1002;'],
  ['optional manytomany zones->Zone:devices = 4:1002;'],
  ['required onetoone twin->Twin:other = 5:1001;'],
  ['required manytoone self_ref->M:kids = 6:1003;'],
  ['optional manytomany zones->a.b.Zone/x.Through:devices = 4;'],
  ['optional manytoone link::guard->Rack:max = 4;'],
  ['repeated manytoone message->Rack:message = 4 [db_index = True];'],
  // what nothing uses
  ['enum E { A = 1; }'],
  ['message N::p (B) { required string a = 1; }'],
  ['message N { message O { message P { } } }'],
  ['extensions 4 to max;'],
  ['extensions 4 to 9;'],
  ['extend N { optional string a = 1; }'],
])('in a message, %s', (text) => {
  expect(readPart(text)).toBe(text)
})

test.each([
  ['optional int32 a=1[];', 'optional int32 a = 1;'],
  ['optional int32 a = 1 [b=c];', 'optional int32 a = 1 [b = c];'],
  [
    'optional  manytoone a -> B . C / D : e = 1 : 1001 ;',
    'optional manytoone a->B.C/D:e = 1:1001;',
  ],
  ['optional int32 a :: p = 1;', 'optional int32 a::p = 1;'],
  ['required string a = 1; option b = c;', 'required string a = 1;\noption b = c;'],
])('in a message, %s is written as %s', (text, expected) => {
  expect(readPart(text)).toBe(expected)
})

const quotes = 'Text is written between straight double quotes: "text".'
const field = 'a field (required, optional), an option or "}"'
const statement = 'a message, a policy or an option'

test.each<[string, string[]]>([
  // characters
  ["option a = 'b';", [`1:12 XP_ILLEGAL_CHARACTER: ${quotes}`]],
  ['option a = “b”;', [`1:12 XP_ILLEGAL_CHARACTER: ${quotes}`]],
  ["option a = 'b c';", [`1:12 XP_QUOTES: ${quotes}`]],
  ['option a = “”;', [`1:12 XP_QUOTES: ${quotes}`]],
  ["option a = b';", [`1:13 XP_ILLEGAL_CHARACTER: ${quotes}`]],
  ['# note\n', ['1:1 XP_HASH_COMMENT: A comment starts with //, not with #.']],
  ['#option a = b;', ['1:1 XP_ILLEGAL_CHARACTER: A comment starts with //, not with #.']],
  [
    'option a = b;\uFEFF',
    ['1:14 XP_ILLEGAL_CHARACTER: "\uFEFF" has no meaning in xproto; remove it.'],
  ],
  [
    'option\u00A0a = b;',
    ['1:7 XP_ILLEGAL_CHARACTER: "\u00A0" has no meaning in xproto; remove it.'],
  ],
  ['option a = b…;', ['1:13 XP_ILLEGAL_CHARACTER: "…" has no meaning in xproto; remove it.']],
  [
    'option a =\rb;',
    ['1:11 XP_ILLEGAL_CHARACTER: A line ends with a line feed; save the text with such line ends.'],
  ],
  ['option a = b; @', ['1:15 XP_ILLEGAL_CHARACTER: "@" has no meaning in xproto; remove it.']],
  [
    'option a = < b;',
    ['1:12 XP_ILLEGAL_CHARACTER: Angle brackets only follow the name of a policy; remove this.'],
  ],
  // comments, strings and policies without an end
  ['option a = b; /* c', ['1:15 XP_OPEN_COMMENT: This comment never ends; close it with */.']],
  [
    '/* a /* b */ */',
    ['1:14 XP_SYNTAX: No comment is open here, as comments do not nest; remove this "*/".'],
  ],
  [
    'option a = "b;\noption c = "d";',
    ['1:12 XP_OPEN_STRING: This text never ends; close it with " on the same line.'],
  ],
  [
    'message M { optional string a = 1 [b = "c\n  d"]; }',
    ['1:40 XP_OPEN_STRING: A text ends on the line it starts on; join its lines.'],
  ],
  [
    'policy p < a -> b',
    ['1:10 XP_OPEN_POLICY: This policy never ends; close it with > behind its expression.'],
  ],
  [
    'policy p <\n  a > 3 & b >= c\n>\noption d = e;',
    [
      '2:5 XP_SYNTAX: A policy ends at its first ">", wherever it stands; turn a comparison around, with "<".',
    ],
  ],
  [
    'policy p < {{ obj.a >= 3 }} > message M { }',
    [
      '1:21 XP_SYNTAX: A policy ends at its first ">", wherever it stands; turn a comparison around, with "<".',
    ],
  ],
  [
    'policy p < obj.a = "b > c" >\noption d = e;',
    [
      '1:23 XP_SYNTAX: A policy ends at its first ">", wherever it stands; turn a comparison around, with "<".',
    ],
  ],
  [
    'policy p < a // b > c\n> message M { }',
    [
      '1:19 XP_SYNTAX: A policy ends at its first ">", wherever it stands; turn a comparison around, with "<".',
    ],
  ],
  // numbers
  [
    'message M { optional int32 a = 0x1f; }',
    ['1:33 XP_SYNTAX: Expected ";" after field a, found "x1f".'],
  ],
  [
    'message M { optional int32 a = 1e3; }',
    ['1:33 XP_SYNTAX: Expected ";" after field a, found "e3".'],
  ],
  [
    'message M { optional float a = 2 [default = .5]; }',
    ['1:45 XP_SYNTAX: Expected a value: "text", a number or a word, found ".".'],
  ],
  [
    'message M { optional float a = 2 [default = 5.]; }',
    ['1:46 XP_SYNTAX: Expected "]" after the options of the field, found ".".'],
  ],
  [
    'message M { optional int32 a = - 1; }',
    ['1:32 XP_ILLEGAL_CHARACTER: "-" has no meaning in xproto; remove it.'],
  ],
  // names
  ['option a-b = c;', ['1:8 XP_BAD_NAME: "a-b" is not a name, as it has a hyphen; write a_b.']],
  [
    'message Größe { }',
    ['1:9 XP_BAD_NAME: "Größe" is not a name; use only the letters a to z, digits and _.'],
  ],
  [
    'message M { optional string policy = 1; }',
    [
      '1:29 XP_RESERVED_WORD: "policy" is a word of the language and cannot be the name of the field; choose another.',
    ],
  ],
  [
    'message enum { }',
    [
      '1:9 XP_RESERVED_WORD: "enum" is a word of the language and cannot be the name of the message; choose another.',
    ],
  ],
  [
    'message M { optional string a = 1 [max = 2]; }',
    [
      '1:36 XP_RESERVED_WORD: "max" is a word of the language and cannot be the name of an option; choose another.',
    ],
  ],
  // semicolons
  ['option a = b', ['1:13 XP_SYNTAX: Expected ";" after option a, found the end of the file.']],
  [
    'message M { optional string a = 1 }',
    ['1:34 XP_SYNTAX: Expected ";" after field a, found "}".'],
  ],
  ['message M { };', ['1:14 XP_SYNTAX: A closing brace is not followed by ";"; remove it.']],
  [
    'message M { enum E { }; }',
    ['1:23 XP_SYNTAX: A closing brace is not followed by ";"; remove it.'],
  ],
  ['policy p < a >;', ['1:15 XP_SYNTAX: A policy is not followed by ";"; remove it.']],
  ['option a = b;;', ['1:14 XP_SYNTAX: There is nothing to end here; remove this ";".']],
  // messages
  ['message M {', ['1:9 XP_OPEN_BLOCK: Message M never ends; close it with }.']],
  ['message M { } }', ['1:15 XP_SYNTAX: No message is open here; remove this "}".']],
  [
    'message M (B)::p { }',
    ['1:14 XP_SYNTAX: The policy stands before the base models: M::p (...).'],
  ],
  ['message M () { }', ['1:11 XP_SYNTAX: Name a base model between the brackets, or remove them.']],
  ['message M (B,) { }', ['1:14 XP_SYNTAX: Expected the name of a base model, found ")".']],
  ['message M (\n  B C) {\n}', ['2:4 XP_SYNTAX: Expected ")" after the base models, found "C".']],
  ['message { }', ['1:9 XP_SYNTAX: Expected the name of the message, found "{".']],
  ['message M\noption a = b;', ['1:10 XP_SYNTAX: Expected "{" to open message M, found "option".']],
  ['policy p;', ['1:9 XP_SYNTAX: Expected the text of the policy between < and >, found ";".']],
  ['policy <a>', ['1:8 XP_SYNTAX: Expected the name of the policy, found a policy text.']],
  ['string a = 1;', [`1:1 XP_SYNTAX: Expected ${statement}, found "string".`]],
  ['optional string a = 1;', ['1:1 XP_SYNTAX: A field stands in a message; move it into one.']],
  // fields
  [
    'message M { string a = 1; }',
    ['1:13 XP_SYNTAX: A field starts with required or optional; write one before "string".'],
  ],
  [
    'message M { Rack a = 1; manytoone b->B = 2; }',
    [
      '1:13 XP_SYNTAX: A field starts with required or optional; write one before "Rack".',
      '1:25 XP_SYNTAX: A field starts with required or optional; write one before "manytoone".',
    ],
  ],
  ['message M { a = 1; }', [`1:13 XP_SYNTAX: Expected ${field}, found "a".`]],
  [
    'message M { optional string a; }',
    ['1:30 XP_SYNTAX: Expected "=" and a number after field a, found ";".'],
  ],
  [
    'message M { optional string a = b; }',
    ['1:33 XP_SYNTAX: Expected the number of the field, found "b".'],
  ],
  ['message M { optional a = 1; }', ['1:24 XP_SYNTAX: Expected the name of the field, found "=".']],
  [
    'message M { optional string a = 1:1001; }',
    ['1:34 XP_SYNTAX: Only a link has a second number, for its reverse set; remove it.'],
  ],
  // links
  [
    'message M { required manytoone rack:Rack->units = 3; }',
    ['1:36 XP_SYNTAX: The model stands behind an arrow: rack->Rack.'],
  ],
  [
    'message M { required onetomany racks->Rack:unit = 3; }',
    [
      '1:22 XP_SYNTAX: There is no onetomany link; write a manytoone link in the other model, which makes the reverse set here.',
    ],
  ],
  [
    'message M { required link rack->Rack:units = 3; }',
    ['1:22 XP_SYNTAX: A link starts with manytoone, onetoone or manytomany, not with link.'],
  ],
  [
    'message M { required manytoone rack = 3; }',
    ['1:36 XP_SYNTAX: Expected "->" and the model that rack points at, found "=".'],
  ],
  [
    'message M { required manytoone rack->Rack:units = 3:; }',
    ['1:53 XP_SYNTAX: Expected the number of the reverse set, found ";".'],
  ],
  // options
  [
    'message M { optional string a = 1 [b = c,]; }',
    ['1:41 XP_SYNTAX: The last option is not followed by ","; remove it.'],
  ],
  [
    'message M { optional string a = 1 [b]; }',
    ['1:36 XP_SYNTAX: Option b has no value; write one behind it: b = True.'],
  ],
  [
    'message M { optional string a = 1 [b = ]; }',
    ['1:40 XP_SYNTAX: Expected a value: "text", a number or a word, found "]".'],
  ],
  [
    'message M { optional string a = 1 [b = c d = e]; }',
    ['1:41 XP_SYNTAX: Expected "," between two options, found "d".'],
  ],
  [
    'message M { optional string a = 1 [b = now()]; }',
    ['1:43 XP_SYNTAX: A call is written as text: "now()".'],
  ],
  [
    'message M { optional string a = 1 [b = c.d]; }',
    ['1:41 XP_SYNTAX: A path is written as text: "c.d".'],
  ],
  [
    'message M { optional string a = 1 [b = string]; }',
    ['1:40 XP_RESERVED_WORD: "string" is a word of the language; write it as text: b = "string".'],
  ],
  [
    'message M { optional string a = 1 [b = [c()]]; }',
    ['1:40 XP_SYNTAX: Expected a value: "text", a number or a word, found "[".'],
  ],
  ['option a = b.c;', ['1:13 XP_SYNTAX: A path is written as text: "b.c".']],
  ['option a = b c;', ['1:14 XP_SYNTAX: Several words are written as text: "b c".']],
  ['option a = "b" "c";', ['1:16 XP_SYNTAX: Two texts are not joined; write one.']],
  ['option a;', ['1:8 XP_SYNTAX: Option a has no value; write one behind it: a = True.']],
  [
    'option a = string;',
    ['1:12 XP_RESERVED_WORD: "string" is a word of the language; write it as text: a = "string".'],
  ],
  ['option a.b = c;', ['1:8 XP_SYNTAX: Option a has no value; write one behind it: a = True.']],
  // protobuf
  ['syntax = "proto3";', ['1:1 XP_SYNTAX: There is no syntax line; remove it.']],
  [
    'service S { rpc A (B) returns (C); }\noption a = b;',
    ['1:1 XP_SYNTAX: A service is a model that derives from Service: message Name (Service) { }.'],
  ],
  [
    'message M { oneof a { string b = 1; string c = 2; } reserved 4; map<string, string> d = 5; }',
    [
      '1:13 XP_SYNTAX: There is no oneof; write its fields as optional fields of the message.',
      '1:53 XP_SYNTAX: Numbers are not reserved; remove this.',
      '1:65 XP_SYNTAX: There are no maps; write a model with a key and a value, and link to it.',
    ],
  ],
  [
    'message M { import "a"; package b; rpc }',
    [
      '1:13 XP_SYNTAX: An import stands outside of messages, and has no effect; remove it.',
      '1:25 XP_SYNTAX: A package stands outside of messages, and is not supported; remove it.',
      '1:36 XP_SYNTAX: A call stands in a _service, and is not supported; remove it.',
    ],
  ],
  // what nothing uses
  ['import a;', ['1:8 XP_SYNTAX: Expected the name of a file as text, found "a".']],
  ['import "a"', ['1:11 XP_SYNTAX: Expected ";" after this import, found the end of the file.']],
  ['package a.;', ['1:11 XP_SYNTAX: Expected the name of the package, found ";".']],
  ['enum E { A = 1;', ['1:6 XP_OPEN_BLOCK: Enum E never ends; close it with }.']],
  [
    'enum E { A; B = c; string = 2; D = 4 }',
    [
      '1:11 XP_SYNTAX: Expected "=" and a number after value A, found ";".',
      '1:17 XP_SYNTAX: Expected the number of the value, found "c".',
      '1:20 XP_RESERVED_WORD: "string" is a word of the language and cannot be the name of a value; choose another.',
      '1:37 XP_SYNTAX: Expected ";" after value D, found "}".',
    ],
  ],
  ['enum { A = 1; }', ['1:6 XP_SYNTAX: Expected the name of the enum, found "{".']],
  [
    'extensions 1 to max;',
    ['1:1 XP_SYNTAX: Extensions stand in a message, and are not supported; remove them.'],
  ],
  ['message M { extensions 1; }', ['1:25 XP_SYNTAX: Expected "to", found ";".']],
  [
    'message M { extensions 1 to a; }',
    ['1:29 XP_SYNTAX: Expected the last number or "max", found "a".'],
  ],
  [
    'extend M { string a = 1; }',
    ['1:12 XP_SYNTAX: A field starts with required or optional; write one before "string".'],
  ],
  [
    'message M { message N { optional string a; optional b; } optional string c }',
    [
      '1:42 XP_SYNTAX: Expected "=" and a number after field a, found ";".',
      '1:54 XP_SYNTAX: Expected the name of the field, found ";".',
      '1:75 XP_SYNTAX: Expected "=" and a number after field c, found "}".',
    ],
  ],
  [
    '_service S { rpc A (B) returns (C); rpc D returns (E) get F }',
    [
      '1:35 XP_SYNTAX: An rpc is not followed by ";"; remove it.',
      '1:42 XP_SYNTAX: Expected "(" around the name of a model, found "returns".',
    ],
  ],
  ['map m;', ['1:6 XP_SYNTAX: Expected the text of the map between < and >, found ";".']],
])('%j is refused', (text, expected) => {
  expect(read(text).mistakes).toEqual(expected)
})

const scalars =
  'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes'

const words =
  `${scalars} message required optional repeated enum extensions max extend to package _service rpc
  returns true false option import manytoone manytomany onetoone policy map reduce`.split(/\s+/)

test.each(scalars.split(' '))('%s is a type', (type) => {
  expect(readPart(`optional ${type} a = 1;`)).toBe(`optional ${type} a = 1;`)
})

test.each(words)('%s is a word of the language', (word) => {
  const refused = (text: string, place: string, what: string): void => {
    const advice = `"${word}" is a word of the language and cannot be the name of ${what}; choose another.`
    expect([text, read(text).mistakes[0]]).toEqual([text, `${place} XP_RESERVED_WORD: ${advice}`])
  }
  refused(`message ${word} { }`, '1:9', 'the message')
  refused(`policy ${word} <a>`, '1:8', 'the policy')
  refused(`option ${word} = a;`, '1:8', 'an option')
  refused(`message M { optional bool a = 1 [${word} = b]; }`, '1:34', 'an option')
  // Two are names of fields all the same.
  if (word === 'message' || word === 'max') {
    expect(readPart(`optional bool ${word} = 1;`)).toBe(`optional bool ${word} = 1;`)
  } else {
    refused(`message M { optional bool ${word} = 1; }`, '1:27', 'the field')
  }
})

test.each(['service', 'syntax', 'oneof', 'onetomany', 'reserved', 'True', 'False', 'None'])(
  '%s is a name like any other',
  (word) => {
    expect(read(`message ${word} { }`)).toEqual({ text: `message ${word} {\n}\n`, mistakes: [] })
    expect(readPart(`optional bool ${word} = 1;`)).toBe(`optional bool ${word} = 1;`)
  },
)

const unsupported = (text: string): readonly string[] =>
  compile([{ file: 'a.xproto', text }])
    .diagnostics.filter(({ code }) => /^XP_(UNSUPPORTED|REPEATED)/.test(code))
    .map((diagnostic) => rowOf(diagnostic, text))

test.each([
  [
    'import "core.xproto";',
    '1:1 warning XP_UNSUPPORTED: import has no effect, as all texts are compiled together; remove it.',
  ],
  [
    'package a.b;',
    '1:1 XP_UNSUPPORTED: package a.b is not supported, as all models share one set of names; remove it.',
  ],
  [
    'enum Colour { RED = 1; }',
    '1:1 XP_UNSUPPORTED: enum Colour is not supported; write choices on a string.',
  ],
  [
    'message M { enum Colour { } }',
    '1:13 XP_UNSUPPORTED: enum Colour is not supported; write choices on a string.',
  ],
  [
    'message M { message N { message O { } } }',
    '1:13 XP_UNSUPPORTED: Message N stands inside another; move it out and link to it.',
  ],
  [
    'message M { extensions 4 to max; }',
    '1:13 XP_UNSUPPORTED: extensions are not supported; put new fields into a model that derives from this one.',
  ],
  [
    'extend M { }',
    '1:1 XP_UNSUPPORTED: extend M is not supported; derive a model: message Name (M) { }.',
  ],
  [
    '_service S { }',
    '1:1 XP_UNSUPPORTED: _service S is not supported, as the API is made from the models; remove it.',
  ],
  [
    'map m <lambda x: x>',
    '1:1 XP_UNSUPPORTED_CODE: map m is not supported; compute it in a sync step.',
  ],
  [
    'reduce r <lambda x: x>',
    '1:1 XP_UNSUPPORTED_CODE: reduce r is not supported; compute it in a sync step.',
  ],
  [
    'message M { repeated string a = 1; }',
    '1:13 XP_REPEATED: A list of values is not supported; make a a manytomany link or one string.',
  ],
])('%s is not supported', (text, expected) => {
  expect(unsupported(text)).toEqual([expected])
})

test('blocks stand in blocks twenty deep, and no deeper', () => {
  const nested = (depth: number) => read('message M {'.repeat(depth) + '}'.repeat(depth)).mistakes
  expect(nested(21)).toEqual([])
  expect(nested(22)).toEqual([
    '1:232 XP_SYNTAX: Blocks stand in blocks at most 20 deep; move this one out.',
  ])
})

test('a nested message may stand at the start of its line when all braces are there', () => {
  expect(read('message M {\nmessage N {\n}\n}\n').mistakes).toEqual([])
  expect(read('message M {\nmessage N {\n}\n').mistakes).toEqual([
    '1:9 XP_OPEN_BLOCK: Message M never ends; close it with }.',
  ])
})

test('a block that means nothing is one mistake, however it is laid out', () => {
  expect(read('message M {\noneof a {\noptional string b = 1;\n}\n}\n').mistakes).toEqual([
    '2:1 XP_SYNTAX: There is no oneof; write its fields as optional fields of the message.',
  ])
})
