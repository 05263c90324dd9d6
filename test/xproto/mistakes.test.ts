import { expect, test } from 'vitest'
import { compile, render } from '#xproto'

const found = (text: string): readonly string[] => {
  const source = { file: 'a.xproto', text: `option app_label = "a";\n${text}` }
  return compile([source]).diagnostics.map(
    (diagnostic) => render(diagnostic, [source]).split('\n')[0] ?? '',
  )
}

/** A model with one field, on line 2. */
const field = (declaration: string): readonly string[] =>
  found(`message M { ${declaration} } message Rack { } message Base { option abstract = True; }`)

test.each([
  // numbers
  [
    'optional bool f = 0;',
    '2:31 XP_NUMBER_RANGE: A field number is a whole number from 1 to 99, not 0.',
  ],
  [
    'optional bool f = 100;',
    '2:31 XP_NUMBER_RANGE: A field number is a whole number from 1 to 99, not 100.',
  ],
  [
    'optional bool f = 1.5;',
    '2:31 XP_NUMBER_RANGE: A field number is a whole number from 1 to 99, not 1.5.',
  ],
  [
    'optional bool f = -2;',
    '2:31 XP_NUMBER_RANGE: A field number is a whole number from 1 to 99, not -2.',
  ],
  [
    'optional bool f = 1;',
    '2:31 XP_DUPLICATE_NUMBER: Number 1 on the wire belongs to id; choose another number.',
  ],
  [
    'optional manytoone f->Rack:r = 2:999;',
    '2:46 XP_NUMBER_RANGE: A reverse number is a whole number from 1000 to 1899, not 999.',
  ],
  [
    'optional manytoone f->Rack:r = 2:1900;',
    '2:46 XP_NUMBER_RANGE: A reverse number is a whole number from 1000 to 1899, not 1900.',
  ],
  [
    'optional manytoone f->Rack:r = 2;',
    '2:44 XP_REVERSE_NUMBER_MISSING: Number the reverse set r of Rack, as in 2:1001.',
  ],
  [
    'optional bool f = 2; optional bool g = 2;',
    '2:52 XP_DUPLICATE_NUMBER: Number 2 of M belongs to f; give g another number.',
  ],
  // names
  [
    'optional bool f = 2; optional bool f = 3;',
    '2:48 XP_DUPLICATE_FIELD: M already has field f (f on the wire); choose another name.',
  ],
  [
    'optional manytoone f->Rack:+ = 2; optional int32 f_id = 3;',
    '2:62 XP_DUPLICATE_FIELD: M already has field f (f_id on the wire); choose another name.',
  ],
  [
    'optional int32 id = 2;',
    '2:28 XP_RESERVED_FIELD: Every model has id already; choose another name.',
  ],
  [
    'optional string class_names = 2 [text = True];',
    '2:29 XP_RESERVED_FIELD: Every model has class_names already; choose another name.',
  ],
  [
    'optional bool f = 2; optional bool f_present = 3;',
    '2:48 XP_NAME_CLASH: M already has field f (f on the wire); choose another name.',
  ],
  // types and targets
  [
    'optional bytes f = 2;',
    '2:22 XP_UNKNOWN_TYPE: A field is one of string, bool, int32, uint32, int64, float, double, not bytes.',
  ],
  [
    'optional strng f = 2;',
    '2:22 XP_UNKNOWN_TYPE: A field is one of string, bool, int32, uint32, int64, float, double, not strng; did you mean string?',
  ],
  [
    'optional Rack f = 2;',
    '2:22 XP_UNKNOWN_TYPE: Rack is a model; write a link: manytoone f->Rack.',
  ],
  [
    'optional manytoone f->Rak:+ = 2;',
    '2:35 XP_UNKNOWN_TARGET: No model is named Rak; did you mean Rack?',
  ],
  [
    'optional manytoone f->Spaceship:+ = 2;',
    '2:35 XP_UNKNOWN_TARGET: No model is named Spaceship; define it, or add the file that does.',
  ],
  [
    'optional manytoone f->Base:+ = 2;',
    '2:35 XP_ABSTRACT_TARGET: Base is abstract and has no records; link to a model that derives from it.',
  ],
  [
    'optional manytomany f->Rack/Join:+ = 2;',
    '2:41 XP_UNKNOWN_THROUGH: No model is named Join; leave the join table out.',
  ],
  [
    'repeated bool f = 2;',
    '2:13 XP_REPEATED: A list of values is not supported; make f a manytomany link or one string.',
  ],
  // modifier against null and blank
  [
    'required int32 f = 2 [null = True];',
    '2:35 XP_MODIFIER: f is required, which means null = False; remove the option or write optional.',
  ],
  [
    'required int32 f = 2 [blank = True];',
    '2:35 XP_MODIFIER: f is required, which means blank = False; remove the option or write optional.',
  ],
  [
    'optional int32 f = 2 [null = False];',
    '2:35 XP_MODIFIER: f is optional, which means null = True; remove the option or write required.',
  ],
  [
    'optional int32 f = 2 [blank = False];',
    '2:35 XP_MODIFIER: f is optional, which means blank = True; remove the option or write required.',
  ],
  [
    'optional bool f = 2 [null = True];',
    '2:41 XP_MODIFIER: Bool f is never null, but False; remove null = True.',
  ],
  [
    'optional int32 f = 2 [blank = True];',
    '2:43 XP_BLANK_NUMBER: Number f may be null, as it is optional, but never blank; remove blank = True.',
  ],
  // field options
  [
    'optional string f = 2 [max_lenght = 5, text = True];',
    '2:36 XP_UNKNOWN_OPTION: No field option is named max_lenght; did you mean max_length?',
  ],
  [
    'optional string f = 2 [varchar = True, text = True];',
    '2:36 XP_UNKNOWN_OPTION: No field option is named varchar; write text.',
  ],
  [
    'optional bool f = 2 [max_length = 5];',
    '2:34 XP_MISPLACED_OPTION: Option max_length means nothing on this bool; remove it.',
  ],
  [
    'optional manytoone f->Rack:+ = 2 [text = True];',
    '2:47 XP_MISPLACED_OPTION: Option text means nothing on a link; remove it.',
  ],
  [
    'optional string f = 2 [content_type = "date", text = True];',
    '2:59 XP_MISPLACED_OPTION: Option text means nothing on this string; remove it.',
  ],
  [
    'optional string f = 2 [text = True, text = True];',
    '2:49 XP_DUPLICATE_OPTION: Option text is already set; keep one of the two.',
  ],
  [
    'optional string f = 2 [text = "True"];',
    '2:43 XP_FLAG_VALUE: Option text takes True or False, not "True".',
  ],
  [
    'optional string f = 2 [text = true];',
    '2:43 XP_FLAG_VALUE: Option text takes True or False, not true.',
  ],
  [
    'optional string f = 2 [max_length = 0];',
    '2:49 XP_OPTION_VALUE: Option max_length takes a whole number from 1 up, not 0.',
  ],
  [
    'optional string f = 2 [max_length = "9"];',
    '2:49 XP_OPTION_VALUE: Option max_length takes a whole number from 1 up, not "9".',
  ],
  [
    'optional string f = 2 [content_type = "uri"];',
    '2:51 XP_OPTION_VALUE: Option content_type takes one of date, url, ip, email, stripped, not "uri".',
  ],
  [
    'optional int32 f = 2 [max_value = 1.5];',
    '2:47 XP_OPTION_VALUE: Option max_value takes a whole number, not 1.5.',
  ],
  [
    'optional string f = 2 [text = True, choices = "a, b"];',
    `2:59 XP_CHOICES: Option choices is a list of pairs: "(('in', 'Inward'), ('out', 'Outward'))".`,
  ],
  [
    'optional string f = 2;',
    '2:29 warning XP_STRING_LENGTH: String f has no limit; add max_length = 200, or text = True for a long text.',
  ],
  // defaults
  [
    'optional int32 f = 2 [default = "five"];',
    '2:45 XP_DEFAULT: five is no int32; write a default of that type.',
  ],
  [
    'optional int32 f = 2 [default = 1.5];',
    '2:45 XP_DEFAULT: 1.5 is no int32; write a default of that type.',
  ],
  [
    'optional bool f = 2 [default = "True"];',
    '2:44 XP_FLAG_VALUE: The default of f is True or False, not "True".',
  ],
  [
    'optional string f = 2 [content_type = "date", default = "yesterday"];',
    '2:69 XP_DEFAULT: yesterday is no date; write a default of that type.',
  ],
  [
    'optional string f = 2 [text = True, default = "now()"];',
    '2:59 XP_DEFAULT: now() is no string; write a default of that type.',
  ],
  [
    'optional manytoone f->Rack:+ = 2 [default = "first"];',
    '2:57 XP_DEFAULT: first is no id; write a default of that type.',
  ],
  [
    'optional manytomany f->Rack:+ = 2 [default = 1];',
    '2:58 XP_DEFAULT: 1 is no list of ids; write a default of that type.',
  ],
  [
    'optional string f = 2 [text = True, default = True];',
    '2:59 XP_DEFAULT: True is no string; write a default of that type.',
  ],
  [
    `optional string f = 2 [text = True, default = "c", choices = "(('a', 'A'), ('b', 'B'))"];`,
    '2:59 XP_DEFAULT_REFUSED: c is not among the choices of f; write one of them.',
  ],
  [
    'optional string f = 2 [max_length = 2, default = "abc"];',
    '2:62 XP_DEFAULT_REFUSED: abc is longer than max_length = 2; shorten it.',
  ],
  [
    'optional int32 f = 2 [min_value = 4, default = 3];',
    '2:60 XP_DEFAULT_REFUSED: 3 is not between min_value and max_value of f; write one that is.',
  ],
  [
    'required bool f = 2 [default = None];',
    '2:44 XP_NULL_DEFAULT: Bool f is never null; write default = False.',
  ],
  [
    'required bool f = 2 [default = make_one];',
    '2:44 XP_DEFAULT: make_one is no bool; write a default of that type.',
  ],
  [
    'required bool f = 2;',
    '2:27 warning XP_BOOL_DEFAULT: Bool f has no default; write default = False or True, or make it optional.',
  ],
  [
    'optional int32 f = 2 [min_value = 9, max_value = 3];',
    '2:62 XP_BOUNDS: No value of f is at least 9 and at most 3; exchange the two.',
  ],
  // links
  [
    'optional manytoone f->Rack = 2;',
    '2:35 warning XP_PEER_MISSING: Link f does not say what Rack calls it; write Rack:+ for no reverse set.',
  ],
  [
    'optional manytoone f->Rack/Join:+ = 2;',
    '2:40 XP_MISPLACED_THROUGH: Only a manytomany link has a join table; remove /Join from f.',
  ],
  [
    'optional manytomany f->Rack:+ = 2 [tosca_key = True];',
    '2:33 XP_TOSCA_KEY: Link f holds many records and is no key; remove the option.',
  ],
  [
    'optional manytomany f->Rack:+ = 2; optional int32 g = 3 [tosca_key_one_of = "f"];',
    '2:89 XP_TOSCA_KEY: Link f holds many records and is no key; name another field.',
  ],
  // flags
  [
    'optional string f = 2 [text = True, gui_hidden = False];',
    '2:49 warning XP_FALSE_FLAG: XOS reads gui_hidden = False as set, here it is not; remove it.',
  ],
  [
    'option no_sync = False;',
    '2:20 warning XP_FALSE_FLAG: XOS reads no_sync = False as set, here it is not; remove it.',
  ],
  // fields that name fields
  [
    'optional int32 first = 2 [unique_with = "frist"];',
    '2:53 XP_UNKNOWN_FIELD: M has no field frist; did you mean first?',
  ],
  [
    'optional int32 f = 2 [tosca_key_one_of = nobody];',
    '2:54 XP_UNKNOWN_FIELD: M has no field nobody.',
  ],
  [
    'optional bool f::guard = 2;',
    '2:30 XP_UNKNOWN_FIELD_POLICY: No policy is named guard; define it, or add the file that does.',
  ],
  // constructs nothing uses
  ['enum E { a = 1; }', '2:13 XP_UNSUPPORTED: enum E is not supported; write choices on a string.'],
  [
    'message N { }',
    '2:13 XP_UNSUPPORTED: Message N stands inside another; move it out and link to it.',
  ],
  [
    'extensions 100 to max;',
    '2:13 XP_UNSUPPORTED: extensions are not supported; put new fields into a model that derives from this one.',
  ],
])('in a message, %s', (declaration, expected) => {
  expect(field(declaration)).toEqual([`a.xproto:${expected}`])
})

test.each([
  [
    'message M { } message M { }',
    '2:23 XP_DUPLICATE_MODEL: Model M is already defined; rename or remove this one.',
  ],
  [
    'policy p < True > policy p < True >',
    '2:26 XP_DUPLICATE_POLICY: Policy p is already defined; rename or remove this one.',
  ],
  [
    'option kind = a; option kind = b;',
    '2:25 XP_DUPLICATE_OPTION: Option kind is already set; keep one of the two.',
  ],
  ['option kind = 5;', '2:15 XP_OPTION_VALUE: Option kind takes "text" or a word such as True.'],
  ['option kind = true;', '2:15 XP_OPTION_VALUE: Option kind takes "text" or a word such as True.'],
  [
    'option name = "a/b";',
    '2:15 XP_OPTION_VALUE: Option name becomes part of an address; use letters, digits, "-", "_" and "." only.',
  ],
  [
    'message M { option plural = "my models"; }',
    '2:29 XP_OPTION_VALUE: Option plural names a message; use letters, digits and "_" only.',
  ],
  [
    'message M { option validators = "p"; }',
    '2:33 XP_OPTION_VALUE: Option validators is a list "policy:message, policy:message"; a message has neither comma nor colon.',
  ],
  [
    'policy p < True > message M { option validators = "p:no, and never"; }',
    '2:51 XP_OPTION_VALUE: Option validators is a list "policy:message, policy:message"; a message has neither comma nor colon.',
  ],
  [
    'policy short < True > message M { option validators = "shrt:no"; }',
    '2:55 XP_UNKNOWN_POLICY: No policy is named shrt; did you mean short?',
  ],
  [
    'policy short < True > message M::shot { }',
    '2:34 XP_UNKNOWN_POLICY: No policy is named shot; did you mean short?',
  ],
  [
    'message M { option owner_class_name = "N"; }',
    '2:39 XP_UNKNOWN_OWNER: No model is named N; define it, or add the file that does.',
  ],
  [
    'message Base { } message M (Bsae) { }',
    '2:29 XP_UNKNOWN_BASE: No model is named Bsae; did you mean Base?',
  ],
  [
    'message A (C) { } message B (A) { } message C (B) { }',
    '2:9 XP_INHERITANCE_CYCLE: A model cannot derive from itself (A -> C -> B -> A); remove one of these bases.',
  ],
  [
    'message A (A) { }',
    '2:9 XP_INHERITANCE_CYCLE: A model cannot derive from itself (A -> A); remove one of these bases.',
  ],
  [
    'message A { } message B { } message C (A, B) { }',
    '2:37 XP_TWO_ROOTS: The bases of C are records of their own (A, B); derive from one of them and link to the others.',
  ],
  [
    'message Datum { } message Data { }',
    '2:9 XP_DUPLICATE_PLURAL: The plural of Datum, Data, is taken; write option plural = "...";.',
  ],
  [
    'message Series { }',
    '2:9 XP_DUPLICATE_PLURAL: The plural of Series, Series, is taken; write option plural = "...";.',
  ],
  [
    'message Rack { option plural = "THINGS"; } message Thing { }',
    '2:52 XP_DUPLICATE_PLURAL: The plural of Thing, Things, is taken; write option plural = "...";.',
  ],
  // options
  [
    'option verbos_name = "M";',
    '2:8 warning XP_OPTION_SPELLING: Nothing reads option verbos_name; did you mean verbose_name?',
  ],
  [
    'option validators = "p:no";',
    '2:8 XP_OPTION_PLACE: Option validators belongs to one model; move it into the message.',
  ],
  ['option abstract = Yes;', '2:19 XP_MODEL_FLAG: Option abstract takes True or False, not Yes.'],
  ['option legacy = "true";', '2:17 XP_MODEL_FLAG: Option legacy takes True or False, not "true".'],
  [
    'message M { option singular = "my model"; }',
    '2:31 XP_OPTION_VALUE: Option singular names a message; use letters, digits and "_" only.',
  ],
  [
    'message Service { } message S (Service) { } message Rack { } message M { option owner_class_name = "Rack"; }',
    '2:100 XP_OWNER_CLASS: Rack does not derive from Service, so it owns nothing; name the model of a service.',
  ],
  // circles of links
  [
    'message A { required manytoone b->B:+ = 2; } message B { required manytoone a->A:+ = 2; }',
    '2:35 XP_DEPENDENCY_CYCLE: No record of these models can be the first: A -> B -> A; make one of the links optional.',
  ],
  [
    'message A { required onetoone b->B:+ = 2; } message B { required manytoone c->C:+ = 2; } message C { required manytoone a->A:+ = 2; }',
    '2:34 XP_DEPENDENCY_CYCLE: No record of these models can be the first: A -> B -> C -> A; make one of the links optional.',
  ],
  [
    'message Base { option abstract = True; required manytoone b->B:+ = 2; } message A (Base) { } message B { required manytoone a->A:+ = 2; }',
    '2:62 XP_DEPENDENCY_CYCLE: No record of these models can be the first: A -> B -> A; make one of the links optional.',
  ],
  [
    'message A { required manytoone b->B:+ = 2; } message B { optional manytoone a->A:+ = 2; }',
    '2:35 warning XP_OPTIONAL_CYCLE: Records of these models may wait for each other: A -> B -> A; leave one of the links out, or let no step wait for it.',
  ],
  [
    'import "core.xproto";',
    '2:1 warning XP_UNSUPPORTED: import has no effect, as all texts are compiled together; remove it.',
  ],
  [
    'package a.b;',
    '2:1 XP_UNSUPPORTED: package a.b is not supported, as all models share one set of names; remove it.',
  ],
  ['enum E { a = 1; }', '2:1 XP_UNSUPPORTED: enum E is not supported; write choices on a string.'],
  [
    'extend M { optional bool a = 1; }',
    '2:1 XP_UNSUPPORTED: extend M is not supported; derive a model: message Name (M) { }.',
  ],
  [
    '_service S { rpc Get (ID) returns (M) }',
    '2:1 XP_UNSUPPORTED: _service S is not supported, as the API is made from the models; remove it.',
  ],
  [
    'map m < lambda x: x >',
    '2:1 XP_UNSUPPORTED_CODE: map m is not supported; compute it in a sync step.',
  ],
  [
    'reduce r < lambda x: x >',
    '2:1 XP_UNSUPPORTED_CODE: reduce r is not supported; compute it in a sync step.',
  ],
  [
    'message T { } message A { optional manytoone f->T:s = 2:1001; } message B { optional manytoone g->T:t = 2:1001; }',
    '2:107 XP_DUPLICATE_REVERSE_NUMBER: Number 1001 of T belongs to s; give t another number.',
  ],
  [
    'message T { } message A { optional manytoone f->T:s = 2:1001; } message B { optional manytoone g->T:s = 2:1002; }',
    '2:101 XP_DUPLICATE_REVERSE_NAME: T already has reverse set s (s_ids on the wire); choose another name.',
  ],
  [
    'message T { optional manytomany s->T:+ = 2; } message A { optional manytoone f->T:s = 2:1001; }',
    '2:83 XP_DUPLICATE_REVERSE_NAME: T already has field s (s_ids on the wire); choose another name.',
  ],
  [
    'message T { optional bool s = 2; } message U (T) { optional bool s = 2; } message V (U) { }',
    '2:66 XP_DUPLICATE_FIELD: U already has field s (s on the wire); choose another name.',
  ],
])('%s', (text, expected) => {
  expect(found(text)).toEqual([`a.xproto:${expected}`])
})

test('a model that belongs to no app says so', () => {
  const { schema, diagnostics } = compile([{ file: 'a.xproto', text: 'message M { }' }])
  expect(schema).toBeUndefined()
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'Model M belongs to no app; write option app_label = "..."; at the top of the file.',
  ])
})

test('more ancestors than the wire has numbers for are refused', () => {
  const chain = Array.from(
    { length: 11 },
    (_, level) => `message M${level} ${level === 0 ? '' : `(M${level - 1})`} { }`,
  )
  expect(found(chain.slice(0, 10).join(' '))).toEqual([])
  expect(found(chain.join(' '))).toEqual([
    'a.xproto:2:205 XP_INHERITANCE_DEPTH: Model M10 has more than 9 ancestors; derive from fewer.',
  ])
})

test('warnings do not keep the models from loading', () => {
  const { schema } = compile([
    {
      file: 'a.xproto',
      text: 'option name = "a"; import "b"; message M { optional string f = 2; }',
    },
  ])
  expect(schema?.model('M')?.fields).toHaveLength(1)
})

test('one run finds the mistakes of all texts, in their order, and points at what belongs together', () => {
  const sources = [
    {
      file: 'base.xproto',
      text: 'option name = "base";\nmessage XOSBase { option abstract = True; optional bool deleted = 11; }\nmessage Service (XOSBase) { }\n',
    },
    {
      file: 'library.xproto',
      text: `option name = "library";

message Service {
}

message Book (XOSBase) {
\trequired string title = 1 [max_length = 200, blank = True];
    optional manytoone shelf->Shelv:books = 2:1001
}

message Shelf (XOSBase) {
    required string name = 1 [max_length = 20];
}
`,
    },
  ]
  const { schema, diagnostics } = compile(sources)

  expect(schema).toBeUndefined()
  expect(
    diagnostics
      .map((diagnostic) => render(diagnostic, sources))
      .join('\n')
      .replaceAll('\t', '<tab>'),
  )
    .toBe(`library.xproto:3:9 XP_DUPLICATE_MODEL: Model Service is already defined; rename or remove this one.
    3 | message Service {
      |         ^^^^^^^
  base.xproto:3:9 first defined here
    3 | message Service (XOSBase) { }
      |         ^^^^^^^
library.xproto:7:47 XP_MODIFIER: title is required, which means blank = False; remove the option or write optional.
    7 | <tab>required string title = 1 [max_length = 200, blank = True];
      | <tab>                                             ^^^^^^^^^^^^
library.xproto:8:31 XP_UNKNOWN_TARGET: No model is named Shelv; did you mean Shelf?
    8 |     optional manytoone shelf->Shelv:books = 2:1001
      |                               ^^^^^
library.xproto:8:51 XP_SYNTAX: Expected ";" after link shelf, found "}".
    8 |     optional manytoone shelf->Shelv:books = 2:1001
      |                                                   ^`)
})

test('diagnostics follow the order of the texts, then of the lines', () => {
  const { diagnostics } = compile([
    { file: 'b.xproto', text: 'option app_label = "b"; message Late { optional strin f = 2; }' },
    { file: 'a.xproto', text: '?\noption app_label = "a"; message Early (Nobody) { }' },
  ])
  expect(diagnostics.map(({ code, span }) => [span.file, code])).toEqual([
    ['b.xproto', 'XP_UNKNOWN_TYPE'],
    ['a.xproto', 'XP_ILLEGAL_CHARACTER'],
    ['a.xproto', 'XP_UNKNOWN_BASE'],
  ])
})

test('a place in a very long line is shown with its surroundings', () => {
  const text = `option a = "${'x'.repeat(500)}"; option b = 5; option c = "${'y'.repeat(500)}";`
  const source = { file: 'a.xproto', text }
  const [diagnostic] = compile([source]).diagnostics
  expect(render(diagnostic!, [source]))
    .toBe(`a.xproto:1:527 XP_OPTION_VALUE: Option b takes "text" or a word such as True.
    1 | ${'x'.repeat(66)}"; option b = 5; option c = "${'y'.repeat(65)}
      | ${' '.repeat(80)}^`)
})

test('a diagnostic about a text that is not at hand still says what is wrong', () => {
  const [diagnostic] = compile([{ file: 'a.xproto', text: '?' }]).diagnostics
  expect(render(diagnostic!, [])).toBe(
    'a.xproto XP_ILLEGAL_CHARACTER: "?" has no meaning in xproto; remove it.',
  )
})
