import { expect, test } from 'vitest'
import { compile, leniencies, type Mode, type Model } from '#xproto'
import { rowsOf } from './rows.ts'
import { withoutSpans } from './without-spans.ts'

/** What the texts below link to and derive from. */
const world = `option app_label = "a";
policy open < True >
message Base { option abstract = True; optional int32 level = 2; }
message Service (Base) { optional int32 port = 2; }
message Rack (Base) { optional int32 unit = 2; }
message Shelf (Base) { optional int32 depth = 2; }
`

const read = (text: string, mode: Mode) =>
  compile([{ file: 'a.xproto', text: `${world}${text}` }], { mode })

/** `error XP_SYNTAX`, `warning XP_UNSUPPORTED`. */
const remarks = (text: string, mode: Mode): readonly string[] =>
  read(text, mode).diagnostics.map(({ severity, code }) => `${severity} ${code}`)

const held = (text: string, mode: Mode, name = 'M'): Model | undefined =>
  read(text, mode).schema?.model(name)

const field = (declaration: string): string => `message M { ${declaration} }`

/** Texts that the original lets pass: what is wrong with them, and what compat mode makes of model M. */
const forgiven: readonly (readonly [text: string, codes: string, rows: readonly string[]])[] = [
  // characters
  [field('optional int32 f = 2; …'), 'ILLEGAL_CHARACTER', ['2 int32 f']],
  [field('optional string f = 2 [content_type = “date”];'), 'ILLEGAL_CHARACTER', ['2 double f']],
  [field("optional string f = 2 [content_type = 'date'];"), 'ILLEGAL_CHARACTER', ['2 double f']],
  [
    field('optional int32 f\u00A0= 2; \uFEFF'),
    'ILLEGAL_CHARACTER ILLEGAL_CHARACTER',
    ['2 int32 f'],
  ],
  [
    field('optional int32 f = 2; #\n\r#'),
    'ILLEGAL_CHARACTER ILLEGAL_CHARACTER ILLEGAL_CHARACTER',
    ['2 int32 f'],
  ],

  // twice the same
  [
    'message M { optional int32 f = 2; } message M { optional int32 g = 3; }',
    'DUPLICATE_MODEL',
    ['3 int32 g'],
  ],
  [
    'policy p < True > policy p < ctx.user.is_admin > message M::p { optional int32 f = 2; }',
    'DUPLICATE_POLICY',
    ['2 int32 f'],
  ],
  [
    field('optional string f = 2 [max_length = 5, max_length = 7];'),
    'DUPLICATE_OPTION',
    ['2 string f max=5'],
  ],
  [field('optional int32 f = 2; required float f = 3;'), 'DUPLICATE_FIELD', ['3 float f required']],
  ['message M (Base) { optional float level = 1; }', 'DUPLICATE_FIELD', ['101 float level']],
  [
    field('optional manytoone f->Rack:+ = 2; optional int32 f_id = 3;'),
    'DUPLICATE_FIELD',
    ['3 int32 f_id'],
  ],
  [
    'message M { optional int32 f = 2; optional manytoone l->M:f = 3:1001; }',
    'DUPLICATE_REVERSE_NAME',
    ['2 int32 f', '3 int32 l_id ->M:+'],
  ],
  [
    'message M { optional manytoone a->M:s = 2:1001; optional manytoone b->M:s = 3:1002; }',
    'DUPLICATE_REVERSE_NAME',
    ['2 int32 a_id ->M:s', '3 int32 b_id ->M:+', '1001 int32* s_ids <-M'],
  ],

  // names that nobody knows
  [
    'message M (Bass, Base) { optional int32 f = 2; }',
    'UNKNOWN_BASE',
    ['2 int32 level', '102 int32 f'],
  ],
  ['message M (Nobody) { optional int32 f = 2; }', 'UNKNOWN_BASE', ['2 int32 f']],
  [
    field('required manytoone f->Rak:ms = 2:1001; optional onetoone g->Rak:+ = 3;'),
    'UNKNOWN_TARGET UNKNOWN_TARGET',
    ['2 int32 f_id required', '3 int32 g_id'],
  ],
  [field('optional manytomany f->Rak:ms = 2:1001;'), 'UNKNOWN_TARGET', []],
  [
    field('optional manytomany f->Rack/Join:ms = 2:1001;'),
    'UNKNOWN_THROUGH',
    ['2 int32* f_ids ->Rack'],
  ],
  [
    field('optional manytoone f->Rack/Shelf:ms = 2:1001;'),
    'MISPLACED_THROUGH',
    ['2 int32 f_id ->Rack:ms'],
  ],
  [field('optional int32 f::nobody = 2;'), 'UNKNOWN_FIELD_POLICY', ['2 int32 f']],

  // links
  [
    field('required manytoone f->M:s = 2; required manytoone g->M:t = 3;'),
    'REVERSE_NUMBER_MISSING REVERSE_NUMBER_MISSING',
    [
      '2 int32 f_id ->M:s required',
      '3 int32 g_id ->M:t required',
      '1900 int32* s_ids <-M',
      '1901 int32* t_ids <-M',
    ],
  ],
  [
    // No step of a hundred for numbers that are given out.
    `message Top { optional int32 a = 2; optional manytoone f->Top:s = 3:1001; }
     message M (Top) { optional int32 b = 2; optional manytoone g->M:t = 3; optional manytoone h->M:u = 4:1002; }`,
    'REVERSE_NUMBER_MISSING',
    [
      '2 int32 a',
      '3 int32 f_id ->Top:s',
      '102 int32 b',
      '103 int32 g_id ->M:t',
      '104 int32 h_id ->M:u',
      '1001 int32* s_ids <-Top',
      '1102 int32* u_ids <-M',
      '1900 int32* t_ids <-M',
    ],
  ],
  [
    'message M { required manytoone f->N:+ = 2; } message N { required manytoone g->M:+ = 2; }',
    'DEPENDENCY_CYCLE',
    ['2 int32 f_id ->N:+ required'],
  ],

  // options that mean nothing
  [field('optional int32 f = 2 [verbose_name = "F"];'), 'UNKNOWN_OPTION', ['2 int32 f']],
  [field('optional int32 f = 2 [editable = False];'), 'UNKNOWN_OPTION', ['2 int32 f']],
  [field('optional int32 f = 2 [on_delete = cascade];'), 'UNKNOWN_OPTION', ['2 int32 f']],
  [field('optional int32 f = 2 [validators = "open:no"];'), 'UNKNOWN_OPTION', ['2 int32 f']],
  [field('optional int32 f = 2 [plural = "fs"];'), 'UNKNOWN_OPTION', ['2 int32 f']],
  [
    field('optional manytoone f->Rack:+ = 2 [link_type = "x", model = "Shelf"];'),
    'UNKNOWN_OPTION UNKNOWN_OPTION',
    ['2 int32 f_id ->Rack:+'],
  ],
  [
    field('optional manytoone f->Rack:+ = 2 [type = "link", port = x, singular = "y"];'),
    'UNKNOWN_OPTION UNKNOWN_OPTION UNKNOWN_OPTION',
    ['2 int32 f_id ->Rack:+'],
  ],
  [field('optional string f = 2 [text = True, varchar = True];'), 'UNKNOWN_OPTION', ['2 string f']],
  [field('optional int32 f = 2 [max_length = 5];'), 'MISPLACED_OPTION', ['2 int32 f']],
  [
    // Nor does it refuse a default that it would refuse elsewhere.
    field(`required int32 f = 2 [default = 0, choices = "((0, 'All'), (1, 'Voice'))"];`),
    'MISPLACED_OPTION',
    ['2 int32 f required default=0'],
  ],
  [field('optional int32 f = 2 [choices = "a, b"];'), 'MISPLACED_OPTION', ['2 int32 f']],
  [
    field('optional float f = 2 [max_value = 5, min_value = 6, default = 7];'),
    'MISPLACED_OPTION MISPLACED_OPTION',
    ['2 float f default=7'],
  ],
  [
    field('optional manytoone f->Rack:+ = 2 [max_length = 256];'),
    'MISPLACED_OPTION',
    ['2 int32 f_id ->Rack:+'],
  ],
  [field('optional float f = 2 [max_value = 5];'), 'MISPLACED_OPTION', ['2 float f']],
  [field('optional bool f = 2 [blank = True];'), 'MISPLACED_OPTION', ['2 bool f default=false']],
  [field('optional int32 f = 2 [content_type = "date"];'), 'MISPLACED_OPTION', ['2 int32 f']],
  [field(`optional int32 f = 2 [choices = "(('a', 'A'),)"];`), 'MISPLACED_OPTION', ['2 int32 f']],
  [
    field('optional string f = 2 [text = True, auto_now_add = True];'),
    'MISPLACED_OPTION',
    ['2 string f'],
  ],

  // flags in another spelling
  [field('optional int32 f = 2 [gui_hidden = "True"];'), 'FLAG_VALUE', ['2 int32 f hidden']],
  [field('optional int32 f = 2 [unique = true];'), 'FLAG_VALUE', ['2 int32 f unique']],
  [field('optional int32 f = 2 [unique = "False"];'), 'FLAG_VALUE', ['2 int32 f']],
  [field('optional int32 f = 2 [unique = 1];'), 'FLAG_VALUE', ['2 int32 f unique']],
  [field('required bool f = 2 [default = 0];'), 'FLAG_VALUE', ['2 bool f required default=false']],
  [
    field('required bool f = 2 [default = "True"];'),
    'FLAG_VALUE',
    ['2 bool f required default=true'],
  ],
  [field('option abstract = Yes; optional int32 f = 2;'), 'MODEL_FLAG', ['2 int32 f']],
  [field('option gui_hidden = "true"; optional int32 f = 2;'), 'MODEL_FLAG', ['2 int32 f']],
  ['option legacy = "yes"; message M { optional int32 f = 2; }', 'MODEL_FLAG', ['2 int32 f']],
  [field('optional bool f = 2 [default = None];'), 'NULL_DEFAULT', ['2 bool f default=false']],

  // modifiers: the first five rules of the validator of the original
  [field('required int32 f = 2 [blank = True];'), 'MODIFIER', ['2 int32 f required']],
  [field('required int32 f = 2 [null = True];'), 'MODIFIER', ['2 int32 f required']],
  [field('optional int32 f = 2 [blank = False];'), 'MODIFIER', ['2 int32 f']],
  [field('optional int32 f = 2 [null = False];'), 'MODIFIER', ['2 int32 f']],
  [field('optional bool f = 2 [null = True];'), 'MODIFIER', ['2 bool f default=false']],
  [
    field('optional manytomany f->Rack:+ = 2 [blank = False];'),
    'MODIFIER',
    ['2 int32* f_ids ->Rack'],
  ],
  [field('optional int32 f = 2 [blank = True];'), 'BLANK_NUMBER', ['2 int32 f']],
  [field('repeated int32 f = 2;'), 'REPEATED', ['2 int32 f']],
  [field('repeated manytoone f->Rack:+ = 2;'), 'REPEATED', ['2 int32 f_id ->Rack:+']],

  // values that are refused later
  [
    field(`optional string f = 2 [text = True, default = "c", choices = "(('a', 'A'),)"];`),
    'DEFAULT_REFUSED',
    ['2 string f default="c" choices=a'],
  ],
  [
    field('optional string f = 2 [max_length = 2, default = "abc"];'),
    'DEFAULT_REFUSED',
    ['2 string f max=2 default="abc"'],
  ],
  [
    field('optional int32 f = 2 [max_value = 2, default = 3];'),
    'DEFAULT_REFUSED',
    ['2 int32 f default=3'],
  ],
  [field('optional int32 f = 2 [min_value = 3, max_value = 2];'), 'BOUNDS', ['2 int32 f']],

  // messages of validators
  [
    field('option validators = "open:{ obj.f } of {obj.g}"; optional int32 f = 2;'),
    'VALIDATOR_MESSAGE VALIDATOR_MESSAGE',
    ['2 int32 f'],
  ],

  // quotes in policies
  [
    `policy p < obj.s = 'x' > message M::p { optional string s = 2 [text = True]; }`,
    'POLICY_QUOTES',
    ['2 string s'],
  ],

  // constructs that have no effect
  ['enum E { a = 1; } message M { optional int32 f = 2; }', 'UNSUPPORTED', ['2 int32 f']],
  ['package x.y; message M { optional int32 f = 2; }', 'UNSUPPORTED', ['2 int32 f']],
  [
    'extend Rack { optional int32 x = 9; } message M { optional int32 f = 2; }',
    'UNSUPPORTED',
    ['2 int32 f'],
  ],
  [
    '_service S { rpc Get (ID) returns (M) } message M { optional int32 f = 2; }',
    'UNSUPPORTED',
    ['2 int32 f'],
  ],
  [field('optional int32 f = 2; enum E { a = 1; }'), 'UNSUPPORTED', ['2 int32 f']],
  [
    field('message N { optional int32 x = 2; } optional int32 f = 2;'),
    'UNSUPPORTED',
    ['2 int32 f'],
  ],
  [field('extensions 100 to max; optional int32 f = 2;'), 'UNSUPPORTED', ['2 int32 f']],
]

test.each(forgiven)('%s is forgiven', (text, codes, rows) => {
  const named = codes.split(' ').map((code) => `XP_${code}`)
  expect(remarks(text, 'strict')).toEqual(named.map((code) => `error ${code}`))
  expect(remarks(text, 'compat')).toEqual(named.map((code) => `warning ${code}`))
  expect(rowsOf(held(text, 'compat')!)).toEqual(rows)
})

/** What the original says with a warning, or not at all, and both modes with a warning. */
const warned: readonly (readonly [text: string, code: string, rows: readonly string[]])[] = [
  ['import "x.xproto"; message M { optional int32 f = 2; }', 'UNSUPPORTED', ['2 int32 f']],
  [field('optional string f = 2;'), 'STRING_LENGTH', ['2 string f']],
  [field('required bool f = 2;'), 'BOOL_DEFAULT', ['2 bool f required']],
  [field('optional manytoone f->Rack = 2;'), 'PEER_MISSING', ['2 int32 f_id ->Rack:+']],
  [field('optional manytomany f->Rack = 2;'), 'PEER_MISSING', ['2 int32* f_ids ->Rack']],
  // The original sees that the flag is there, not what it says.
  [field('optional int32 f = 2 [gui_hidden = False];'), 'FALSE_FLAG', ['2 int32 f']],
  [field('optional int32 f = 2 [feedback_state = False];'), 'FALSE_FLAG', ['2 int32 f']],
  [field('optional int32 f = 2 [bookkeeping_state = False];'), 'FALSE_FLAG', ['2 int32 f']],
  [
    field('optional string f = 2 [max_length = 9, text = False];'),
    'FALSE_FLAG',
    ['2 string f max=9'],
  ],
  [field('option no_sync = False; optional int32 f = 2;'), 'FALSE_FLAG', ['2 int32 f']],
  [field('option no_policy = "False"; optional int32 f = 2;'), 'FALSE_FLAG', ['2 int32 f']],
  [field('option skip_django = False; optional int32 f = 2;'), 'FALSE_FLAG', ['2 int32 f']],
  [field('option skip_init = False; optional int32 f = 2;'), 'FALSE_FLAG', ['2 int32 f']],
  [field('option plurl = "x"; optional int32 f = 2;'), 'OPTION_SPELLING', ['2 int32 f']],
]

test.each(warned)('%s deserves a warning', (text, code, rows) => {
  for (const mode of ['strict', 'compat'] as const) {
    expect(remarks(text, mode)).toEqual([`warning XP_${code}`])
    expect(rowsOf(held(text, mode)!)).toEqual(rows)
  }
})

/** Texts in order, some of which look odd, or are refused by the original. */
const accepted: readonly (readonly [text: string, rows: readonly string[]])[] = [
  // Empty models: the original has no number to begin with, and fails.
  ['message M { }', []],
  ['message M (Base) { }', ['2 int32 level']],
  [
    'message M (AttributeMixin, PlModelMixIn, AbstractBaseUser) { optional int32 f = 2; }',
    ['2 int32 f'],
  ],
  ['message M (x.y.Base) { optional int32 f = 2; }', ['2 int32 level', '102 int32 f']],
  // Numbers may have gaps and any order.
  [field('optional int32 f = 99; optional int32 g = 2;'), ['2 int32 g', '99 int32 f']],
  [
    field('optional manytoone f->M:a = 2:1000; optional manytoone g->M:b = 3:1899;'),
    ['2 int32 f_id ->M:a', '3 int32 g_id ->M:b', '1000 int32* a_ids <-M', '1899 int32* b_ids <-M'],
  ],
  [
    field('optional int32 f = +7; optional manytoone g->M:a = 08:+1001;'),
    ['7 int32 f', '8 int32 g_id ->M:a', '1001 int32* a_ids <-M'],
  ],
  // 254 and 255 are honest lengths, at which the original warns, as they are near 256.
  [field('optional string f = 2 [max_length = 254];'), ['2 string f max=254']],
  [field('optional string f = 2 [max_length = 255];'), ['2 string f max=255']],
  [field('optional string f = 2 [max_length = 1023];'), ['2 string f max=1023']],
  [field('optional string f = 2 [max_length = 9, text = True];'), ['2 string f max=9']],
  [field('optional string f = 2 [content_type = "url"];'), ['2 string f']],
  [field('optional string f = 2 [content_type = ip];'), ['2 string f']],
  [field('optional string f = 2 [content_type = date, max_length = 9];'), ['2 double f max=9']],
  [
    field(`optional string f = 2 [text = True, choices = "((u'a', u'A'), ('b', 'B'), )"];`),
    ['2 string f choices=a|b'],
  ],
  // Types that the validator of the original refuses, though the API knows them.
  [field('optional int64 f = 2;'), ['2 int64 f']],
  [field('optional double f = 2;'), ['2 double f']],
  [field('optional string f = 2 [content_type = "email"];'), ['2 string f']],
  [field('required onetoone f->Rack:ms = 2:1001;'), ['2 int32 f_id ->Rack:ms required unique']],
  // Modifiers said twice.
  [field('required int32 f = 2 [null = False, blank = False];'), ['2 int32 f required']],
  [field('optional int32 f = 2 [null = True, blank = True];'), ['2 int32 f']],
  [field('optional bool f = 2 [null = False];'), ['2 bool f default=false']],
  [field('optional manytomany f->Rack:+ = 2 [null = False];'), ['2 int32* f_ids ->Rack']],
  [field('required manytomany f->Rack:+ = 2 [null = True];'), ['2 int32* f_ids ->Rack required']],
  [
    field('optional int32 f = 2 []; optional string g = 3 [text = True];'),
    ['2 int32 f', '3 string g'],
  ],
  // All forms of links.
  [field('required manytoone f->Rack:ms = 2:1001;'), ['2 int32 f_id ->Rack:ms required']],
  [field('required manytoone f->Rack:+ = 2;'), ['2 int32 f_id ->Rack:+ required']],
  [field('required manytoone f->Rack:ms_+ = 2;'), ['2 int32 f_id ->Rack:+ required']],
  [field('required manytoone f->Rack:+ = 2:1001;'), ['2 int32 f_id ->Rack:+ required']],
  [field('optional manytomany f->Rack/M_f:ms = 2:1001;'), ['2 int32* f_ids ->Rack']],
  [field('optional manytomany f->Rack/x.Shelf:ms = 2:1001;'), ['2 int32* f_ids ->Rack']],
  [field('optional manytomany f->Rack:ms = 2:1001;'), ['2 int32* f_ids ->Rack']],
  [field('required manytoone f->x.y.Rack:ms = 2:1001;'), ['2 int32 f_id ->Rack:ms required']],
  [field('required manytoone f::open->Rack:ms = 2:1001;'), ['2 int32 f_id ->Rack:ms required']],
  [
    field('required manytoone self_ref->M:kids = 6:1003;'),
    ['6 int32 self_ref_id ->M:kids required', '1003 int32* kids_ids <-M'],
  ],
  // Options that nobody reads are kept; one for the model beats that of the file.
  [
    field('option ceilometer_rate = "9"; option app_name = x; optional int32 f = 2;'),
    ['2 int32 f'],
  ],
  [field('option abstract = "True"; optional int32 f = 2;'), ['2 int32 f']],
  [field('optional int32 f::open = 2;'), ['2 int32 f']],
]

test.each(accepted)('%s is accepted', (text, rows) => {
  for (const mode of ['strict', 'compat'] as const) {
    expect(remarks(text, mode)).toEqual([])
    expect(rowsOf(held(text, mode)!)).toEqual(rows)
  }
})

/** Texts that the original stops at as well, or that could only go wrong later. */
const refused: readonly (readonly [text: string, codes: string])[] = [
  // Numbers.
  [field('optional int32 f = 0;'), 'NUMBER_RANGE'],
  [field('optional int32 f = 100;'), 'NUMBER_RANGE'],
  [field('optional int32 f = 1.5;'), 'NUMBER_RANGE'],
  [field('optional int32 f = 1;'), 'DUPLICATE_NUMBER'],
  [field('optional int32 f = 2; optional int32 g = 2;'), 'DUPLICATE_NUMBER'],
  [field('optional int32 f = 2; optional int32 f = 2;'), 'DUPLICATE_FIELD DUPLICATE_NUMBER'],
  // A base without fields takes no numbers.
  ['message Top { } message M (Top) { optional int32 f = 1; }', 'DUPLICATE_NUMBER'],
  // On the wire, fields and reverse sets share their numbers with what every model has.
  [
    `message A { optional manytoone f->A:a = 2:1001; } message B (A) { optional manytoone g->B:b = 3:1002; }
     message M (B) { optional manytoone h->M:c = 4:1846; }`,
    'DUPLICATE_NUMBER',
  ],
  [field('optional manytoone f->Rack:ms = 2:999;'), 'NUMBER_RANGE'],
  [field('optional manytoone f->Rack:ms = 2:1900;'), 'NUMBER_RANGE'],
  [
    field('optional manytoone f->Rack:a = 2:1001; optional manytoone g->Rack:b = 3:1001;'),
    'DUPLICATE_REVERSE_NUMBER',
  ],
  // Types.
  ...'uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bytes'
    .split(' ')
    .map((type) => [field(`optional ${type} f = 2;`), 'UNKNOWN_TYPE'] as const),
  [field('optional Colour f = 2;'), 'UNKNOWN_TYPE'],
  [field('optional Rack f = 2;'), 'UNKNOWN_TYPE'],
  ['enum Colour { RED = 1; } message M { optional Colour f = 2; }', 'UNSUPPORTED UNKNOWN_TYPE'],
  [field('optional string f = 2 [content_type = "uri"];'), 'OPTION_VALUE'],
  // Values of options.
  [field('option kind = 5; optional int32 f = 2;'), 'OPTION_VALUE'],
  [field('option kind = -5; optional int32 f = 2;'), 'OPTION_VALUE'],
  [field('option abstract = true; optional int32 f = 2;'), 'OPTION_VALUE'],
  [field('option plural = "my racks"; optional int32 f = 2;'), 'OPTION_VALUE'],
  [field('option validators = "open"; optional int32 f = 2;'), 'OPTION_VALUE'],
  [field('option validators = "open:a:b"; optional int32 f = 2;'), 'OPTION_VALUE'],
  [field('option validators = "open:a, b"; optional int32 f = 2;'), 'OPTION_VALUE'],
  ['option validators = "open:no";', 'OPTION_PLACE'],
  [field('optional int32 f = 2 [unique = maybe];'), 'OPTION_VALUE'],
  [field('optional string f = 2 [max_length = 0];'), 'OPTION_VALUE'],
  [field('optional string f = 2 [max_length = "9"];'), 'OPTION_VALUE'],
  [field('optional string f = 2 [text = True, choices = "a, b"];'), 'CHOICES'],
  [field('optional int32 f = 2 [default = "five"];'), 'DEFAULT'],
  [field('required bool f = 2 [default = make_one];'), 'DEFAULT'],
  [field('optional int32 f = 2 [unique_with = "g"];'), 'UNKNOWN_FIELD'],
  [field('optional int32 f = 2 [tosca_key_one_of = "g"];'), 'UNKNOWN_FIELD'],
  // Policies: a record is never open by mistake.
  ['message M::nobody { optional int32 f = 2; }', 'UNKNOWN_POLICY'],
  ['policy p < *nobody(f) > message M::p { optional manytoone f->M:+ = 2; }', 'UNKNOWN_POLICY'],
  [
    'policy p < *later(f) > policy later < True > message M::p { optional manytoone f->M:+ = 2; }',
    'POLICY_ORDER',
  ],
  [field('option validators = "nobody:no"; optional int32 f = 2;'), 'UNKNOWN_POLICY'],
  // Models that cannot be.
  ['message M (M) { optional int32 f = 2; }', 'INHERITANCE_CYCLE'],
  ['message M (Rack, Shelf) { optional int32 f = 2; }', 'TWO_ROOTS'],
  [field('optional manytoone f->Base:ms = 2:1001;'), 'ABSTRACT_TARGET'],
  [field('optional int32 id = 2;'), 'RESERVED_FIELD'],
  [field('optional int32 f = 2; optional int32 f_present = 3;'), 'NAME_CLASH'],
  ['message M { option plural = "Racks"; optional int32 f = 2; }', 'DUPLICATE_PLURAL'],
  // Program text.
  ['map m < lambda x: x >', 'UNSUPPORTED_CODE'],
  ['reduce r < lambda x: x >', 'UNSUPPORTED_CODE'],
  // Grammar.
  [field('optional int32 f = 2'), 'SYNTAX'],
  [field('int32 f = 2;'), 'SYNTAX'],
  ['message M () { }', 'SYNTAX'],
]

test.each(refused)('%s is refused', (text, codes) => {
  const errors = codes.split(' ').map((code) => `XP_${code}`)
  expect(remarks(text, 'strict')).toEqual(errors.map((code) => `error ${code}`))
  const severity = (code: string): string =>
    leniencies.has(code as `XP_${string}`) ? 'warning' : 'error'
  expect(remarks(text, 'compat')).toEqual(errors.map((code) => `${severity(code)} ${code}`))
  expect(read(text, 'compat').schema).toBeUndefined()
})

/** What compat mode makes of model M beyond its rows. */
test.each<readonly [text: string, codes: string, facts: Partial<Model>]>([
  [
    field('option kind = "a"; option kind = "b"; optional int32 f = 2;'),
    'DUPLICATE_OPTION',
    {
      options: new Map([
        ['app_label', 'a'],
        ['kind', 'b'],
      ]),
    },
  ],
  [
    field('option owner_class_name = "Nobody"; optional int32 f = 2;'),
    'UNKNOWN_OWNER',
    { ownerClassName: undefined },
  ],
  [
    field('option owner_class_name = "Rack"; optional int32 f = 2;'),
    'OWNER_CLASS',
    { ownerClassName: undefined },
  ],
  [
    field(
      'optional manytomany f->Rack:+ = 2 [tosca_key = True]; optional string name = 3 [text = True];',
    ),
    'TOSCA_KEY',
    { toscaKeys: ['name'] },
  ],
  [
    field(
      'optional int32 a = 2 [tosca_key_one_of = "f, b"]; optional int32 b = 3; optional manytomany f->Rack:+ = 4;',
    ),
    'TOSCA_KEY',
    { toscaKeys: [['a', 'b']] },
  ],
  // A link to nothing is a number in keys and groups as well.
  [
    field(
      'required manytoone f->Rak:+ = 2 [tosca_key = True, unique_with = "g"]; required int32 g = 3;',
    ),
    'UNKNOWN_TARGET',
    { toscaKeys: ['f_id'], uniqueTogether: [['f_id', 'g']] },
  ],
  // Options that nobody knows are kept; a name gives one model an app of its own.
  [
    field(
      'option name = "c"; option ceilometer_rate = "9"; option singular = One; optional int32 f = 2;',
    ),
    '',
    {
      app: 'c',
      restPath: '/xosapi/v1/c/ms',
      contentType: 'c.m',
      options: new Map([
        ['app_label', 'a'],
        ['name', 'c'],
        ['ceilometer_rate', '9'],
        ['singular', 'One'],
      ]),
    },
  ],
  // Flags count by what they say, anything but True is False.
  [
    field(
      'option gui_hidden = "true"; option no_sync = yes; option abstract = "Yes"; optional int32 f = 2;',
    ),
    'MODEL_FLAG MODEL_FLAG MODEL_FLAG',
    { guiHidden: false, abstract: false, unpublished: new Set() },
  ],
  [
    field(
      'option gui_hidden = "True"; option no_sync = "True"; option no_policy = True; optional int32 f = 2;',
    ),
    '',
    {
      guiHidden: true,
      unpublished: new Set(['backend_status', 'backend_code', 'policy_status', 'policy_code']),
    },
  ],
  [field('option no_sync = False; optional int32 f = 2;'), '', { unpublished: new Set() }],
])('of %s this is made', (text, codes, facts) => {
  const errors = codes === '' ? [] : codes.split(' ').map((code) => `error XP_${code}`)
  expect(remarks(text, 'strict').filter((remark) => remark.startsWith('error'))).toEqual(errors)
  expect(held(text, 'compat')).toMatchObject(facts)
})

/** Several files: what models are told to belong to. */
test.each<readonly [what: string, texts: readonly string[], codes: string, apps: string]>([
  [
    'options of a file hold for that file',
    [
      'option name = "a"; option app_label = "x"; message A { }',
      'option app_label = "b"; message B { }',
    ],
    '',
    'A:a B:b',
  ],
  [
    'a file without an app belongs to that of the nearest file before',
    [
      'option name = "a"; message A { }',
      'option app_label = "b"; message B { }',
      'message C { } message D { }',
    ],
    'APP_BORROWED',
    'A:a B:b C:b D:b',
  ],
  [
    'a model without an app beside one that has its own',
    ['option name = "a"; message A { }', 'message C { option name = "c"; } message D { }'],
    'APP_BORROWED',
    'A:a C:c D:a',
  ],
  [
    'an option reaches the models before it',
    ['message A { } option name = "a"; message B { }'],
    '',
    'A:a B:a',
  ],
  [
    'nobody says what the first file belongs to',
    ['message A { }', 'option name = "b"; message B { }'],
    'APP_MISSING',
    '',
  ],
  [
    'a comment at the end of a file does not reach into the next',
    ['option name = "a"; message A { } // the end', 'option name = "b"; message B { }'],
    '',
    'A:a B:b',
  ],
])('%s', (_, texts, codes, apps) => {
  const sources = texts.map((text, index) => ({ file: `${index}.xproto`, text }))
  const errors = codes === '' ? [] : [`XP_${codes}`]
  expect(compile(sources).diagnostics.map(({ code }) => code)).toEqual(errors)

  const { schema, diagnostics } = compile(sources, { mode: 'compat' })
  expect(diagnostics.map(({ code }) => code)).toEqual(errors)
  expect(schema?.models.map(({ name, app }) => `${name}:${app}`).join(' ') ?? '').toBe(apps)
})

test('a policy that is defined twice is what the last definition says', () => {
  const text =
    'policy p < True > policy p < ctx.user.is_admin > message M::p { optional int32 f = 2; }'
  expect(read(text, 'compat').schema?.policies.get('p')?.text).toBe('ctx.user.is_admin')
})

test('everything that is forgiven is shown above', () => {
  const shown = forgiven.flatMap(([, codes]) => codes.split(' '))
  const shownElsewhere = ['APP_BORROWED', 'UNKNOWN_OWNER', 'OWNER_CLASS', 'TOSCA_KEY']
  const all = [...new Set([...shown, ...shownElsewhere])].map((code) => `XP_${code}`)
  expect(all.toSorted()).toEqual([...leniencies.keys()].toSorted())
})

const common =
  'help_text gui_hidden tosca_key tosca_key_one_of bookkeeping_state feedback_state unique unique_with'

/** A value that the option takes on an optional field, whatever its type. */
const valueOf = (option: string): string => {
  if (/^(max_length|min_value|max_value)$/.test(option)) return '7'
  if (/^(tosca_key_one_of|unique_with)$/.test(option)) return 'f'
  if (option === 'choices') return `"(('a', 'A'),)"`
  if (option === 'help_text' || option === 'content_type') return '"ip"'
  if (option === 'default') return 'None'
  return 'True'
}

test.each([
  ['optional string f = 2', 'blank choices content_type db_index default max_length null text'],
  [
    'optional string f = 2 [content_type = "date"]',
    'auto_now_add blank db_index default max_length null',
  ],
  ['optional bool f = 2', 'db_index default null'],
  ['optional int32 f = 2', 'blank db_index default max_value min_value null'],
  ['optional uint32 f = 2', 'blank db_index default max_value min_value null'],
  ['optional int64 f = 2', 'blank db_index default max_value min_value null'],
  ['optional float f = 2', 'blank db_index default null'],
  ['optional double f = 2', 'blank db_index default null'],
  ['optional manytoone f->Rack:+ = 2', 'blank db_index default null'],
])('%s takes the options %s, and those that all take', (declaration, own) => {
  const everything = `${common} auto_now_add blank choices content_type db_index default max_length max_value min_value null text`
  const isTaken = (option: string): boolean => {
    const options = `${option} = ${valueOf(option)}`
    const given = declaration.endsWith(']')
      ? declaration.replace(']', `, ${options}]`)
      : `${declaration} [${options}]`
    return !remarks(field(`${given};`), 'strict').includes('error XP_MISPLACED_OPTION')
  }
  const isWritten = (option: string): boolean => declaration.includes(option)
  const taken = everything.split(' ').filter((option) => !isWritten(option) && isTaken(option))
  expect(taken.toSorted()).toEqual(`${common} ${own}`.split(' ').toSorted())
})

test.each([
  ['blank', 'string f = 2 [text = True, blank = "True"]'],
  ['db_index', 'int32 f = 2 [db_index = "True"]'],
  ['bookkeeping_state', 'int32 f = 2 [bookkeeping_state = "True"]'],
  ['feedback_state', 'int32 f = 2 [feedback_state = "True"]'],
  ['gui_hidden', 'int32 f = 2 [gui_hidden = "True"]'],
  ['null', 'int32 f = 2 [null = "True"]'],
  ['tosca_key', 'int32 f = 2 [tosca_key = "True"]'],
  ['unique', 'int32 f = 2 [unique = "True"]'],
  ['text', 'string f = 2 [text = "True"]'],
  ['auto_now_add', 'string f = 2 [content_type = "date", auto_now_add = "True"]'],
])('flag %s has no quotes in %s', (_, declaration) => {
  const text = field(`optional ${declaration};`)
  expect(remarks(text, 'strict')).toEqual(['error XP_FLAG_VALUE'])
  expect(remarks(text, 'compat')).toEqual(['warning XP_FLAG_VALUE'])
  const bare = text.replace('"True"', 'True')
  expect(withoutSpans(held(text, 'compat')!.fields)).toEqual(
    withoutSpans(held(bare, 'strict')!.fields),
  )
})
