import { expect, test } from 'vitest'
import { compile, render } from '#xproto'
import { coreSource } from '../../fixtures/xproto/read.ts'
import { found } from './found.ts'

const models = `
message User { required bool is_admin = 2 [default = False]; optional string email = 3 [text = True]; }
message Base { option abstract = True; }
message Site { optional string name = 2 [text = True]; optional manytoone owner->User:sites = 3:1001; }
message Slice::p (Base) {
  optional string name = 2 [text = True]; optional int32 size = 3; optional string made = 6 [content_type = "date"];
  optional manytoone site->Site:slices = 4:1001;
  optional manytomany friends->User/Slice_friends:befriended = 5:1002;
}
message GoldSlice (Slice) { }`

/** What is wrong with a policy of slices; it begins in column 11 of line 3. */
const wrongWith = (body: string): readonly string[] =>
  found(`policy above < True >\npolicy p <${body}>\npolicy below < True >${models}`)

test.each([
  // paths that lead somewhere
  'obj.id = 3',
  'obj.name = "a" | obj.made = 17 | obj.size = 1.5',
  'obj.site.owner.email = ctx.user.email',
  'obj.site.owner = ctx.user',
  'ctx.user in obj.friends.all() | obj in ctx.user.befriended.all()',
  'obj.site.slices.all()',
  '"blank" in obj.name',
  'ctx.read_access | ctx.write_access | ctx.grant_access',
  'exists Site: (Site.owner = ctx.user & obj in Site.slices.all())',
  'exists GoldSlice: GoldSlice = obj',
  'exists Site: exists User: Site.owner = User',
  '*above(site) & *above(site.owner) | True = *above(site)',
  '{{ obj.site.name == ctx.user.email and obj.site is None }}',
])('policy <%s> is fine', (body) => {
  expect(wrongWith(body)).toEqual([])
})

test.each([
  // where a path starts
  [
    'site.id',
    '3:11 XP_POLICY_PATH: A path starts at obj, at ctx or at a quantified model; write obj.site.id.',
  ],
  [
    'Site.id',
    '3:11 XP_POLICY_PATH: Site stands for no record here; write exists Site: ( ) around this.',
  ],
  [
    '(exists Site: Site.id) & Site.name',
    '3:36 XP_POLICY_PATH: Site stands for no record here; write exists Site: ( ) around this.',
  ],
  ['obj.id = true', '3:20 XP_POLICY_PATH: A constant starts with a capital; write True.'],
  [
    'obj.site = None',
    '3:22 XP_POLICY_PATH: Policies have no None; write not obj.name, or {{ obj.name is None }}.',
  ],
  ['ctx', '3:11 XP_POLICY_CONTEXT: ctx has user, read_access, write_access and grant_access.'],
  [
    'ctx.usr.id',
    '3:11 XP_POLICY_CONTEXT: ctx has user, read_access, write_access and grant_access; did you mean user?',
  ],
  ['ctx.write_access.id', '3:28 XP_POLICY_FIELD: write_access is True or False and has no id.'],
  // names that nothing has
  ['obj.nam', '3:15 XP_POLICY_FIELD: Slice has no field or set nam; did you mean name?'],
  ['obj.site.nme', '3:20 XP_POLICY_FIELD: Site has no field or set nme; did you mean name?'],
  ['obj.site_id = 3', '3:15 XP_POLICY_FIELD: Slice has no field or set site_id; write site.id.'],
  ['obj.name.size', '3:20 XP_POLICY_FIELD: name is a text and has no size.'],
  ['obj.id.x', '3:18 XP_POLICY_FIELD: id is a number and has no x.'],
  ['ctx.user.site', '3:20 XP_POLICY_FIELD: User has no field or set site; did you mean sites?'],
  ['exists Site: Site.size', '3:29 XP_POLICY_FIELD: Site has no field or set size.'],
  ['{{ obj.nam }}', '3:18 XP_POLICY_FIELD: Slice has no field or set nam; did you mean name?'],
  // sets
  ['ctx.user in obj.friends', '3:27 XP_POLICY_SET: friends is a set; write .all() behind it.'],
  [
    'obj.friends.email = "a"',
    '3:23 XP_POLICY_SET: friends is a set; write .all() behind it, and ask whether a record is in it.',
  ],
  ['obj.site.all()', '3:20 XP_POLICY_SET: site is a Site; only a set has .all().'],
  ['obj.name.lower()', '3:20 XP_POLICY_SET: Nothing but .all() can be called.'],
  [
    'obj.friends.all',
    '3:23 XP_POLICY_SET: friends is a set; write .all() behind it, and ask whether a record is in it.',
  ],
  ['{{ obj.friends }}', '3:14 XP_POLICY_SET: An escape cannot look into a set.'],
  // what can be compared
  [
    'obj.friends.all() = ctx.user',
    '3:11 XP_POLICY_TYPE: A set equals nothing; ask whether a record is in it.',
  ],
  [
    'obj.size in obj.friends.all()',
    '3:11 XP_POLICY_TYPE: A set holds records, and the left side is a number; name a link to one.',
  ],
  [
    'ctx.user in obj.site',
    '3:11 XP_POLICY_TYPE: "in" needs a set or a text on its right, not a Site.',
  ],
  [
    'obj.size in obj.size',
    '3:11 XP_POLICY_TYPE: "in" needs a set or a text on its right, not a number.',
  ],
  [
    'obj.size = "3"',
    '3:11 warning XP_POLICY_NEVER_EQUAL: This is never true, as one side is a number and the other a text; check both.',
  ],
  [
    'obj.size in obj.name',
    '3:11 warning XP_POLICY_NEVER_EQUAL: This is never true, as one side is a number and the other a text; check both.',
  ],
  [
    'obj.site.owner = ctx.user.id',
    '3:11 warning XP_POLICY_NEVER_EQUAL: This is never true, as one side is a User and the other a number; compare a record with a record, or .id with a number.',
  ],
  [
    'obj.site = ctx.user',
    '3:11 warning XP_POLICY_NEVER_EQUAL: This is never true, as one side is a Site and the other a User; compare a record with a record, or .id with a number.',
  ],
  [
    'obj.site in obj.friends.all()',
    '3:11 warning XP_POLICY_NEVER_EQUAL: This is never true, as one side is a Site and the other a User; compare a record with a record, or .id with a number.',
  ],
  // quantifiers
  [
    'exists obj: obj.id',
    '3:18 XP_POLICY_VARIABLE: obj is the word for something else; rename the model to ask about its records.',
  ],
  ['exists Sit: True', '3:18 XP_POLICY_VARIABLE: No model is named Sit; did you mean Site?'],
  [
    'exists Base: obj.id',
    '3:18 XP_POLICY_VARIABLE: Base is abstract and has no records; name a model that derives from it.',
  ],
  [
    'exists Site: exists Site: Site.id',
    '3:31 XP_POLICY_VARIABLE: Site stands for a record already; one quantifier of a model cannot stand in another.',
  ],
  [
    'exists Site: Site.id = 1 & Site.name',
    '3:11 warning XP_QUANTIFIER_SCOPE: All that follows belongs to this "exists", while XOS ends it at the first operator; put parentheses after the colon.',
  ],
  [
    'obj.id | forall Site: Site.id -> Site.name',
    '3:20 warning XP_QUANTIFIER_SCOPE: All that follows belongs to this "forall", while XOS ends it at the first operator; put parentheses after the colon.',
  ],
  // sub-policies
  ['*abve(site)', '3:12 XP_UNKNOWN_POLICY: No policy is named abve; did you mean above?'],
  ['*below(site)', '3:12 XP_POLICY_ORDER: A policy is defined before it is used; move below up.'],
  [
    'obj.id & not (obj.size | *below(site))',
    '3:37 warning XP_POLICY_ORDER_BELOW_NOT: A policy is defined before it is used; move below up.',
  ],
  [
    '*above(obj.site)',
    '3:18 XP_POLICY_TYPE: The link is looked up in obj as it is; write *above(site).',
  ],
  [
    '*above(name)',
    '3:18 XP_POLICY_TYPE: A policy is asked about one record; name is a text, not a link to one.',
  ],
  [
    '*above(friends)',
    '3:18 XP_POLICY_TYPE: A policy is asked about one record; friends is a set of User, not a link to one.',
  ],
  ['*above(sit)', '3:18 XP_POLICY_FIELD: Slice has no field or set sit; did you mean site?'],
  // what says the same whatever it is asked
  ['False', '3:11 warning XP_POLICY_TRIVIAL: This policy never allows anything; say who may.'],
  [
    '"yes"',
    '3:11 warning XP_POLICY_TRIVIAL: This policy always allows; write True if that is meant.',
  ],
  [
    'obj.id | True',
    '3:11 warning XP_POLICY_TRIVIAL: This policy always allows; write True if that is meant.',
  ],
  [
    'obj.id & False & obj.size',
    '3:11 warning XP_POLICY_TRIVIAL: This policy never allows anything; say who may.',
  ],
  [
    'not (obj.id | 1)',
    '3:11 warning XP_POLICY_TRIVIAL: This policy never allows anything; say who may.',
  ],
  [
    'obj.id -> True',
    '3:11 warning XP_POLICY_TRIVIAL: This policy always allows; write True if that is meant.',
  ],
  [
    'False -> obj.id',
    '3:11 warning XP_POLICY_TRIVIAL: This policy always allows; write True if that is meant.',
  ],
  ['1 = 2', '3:11 warning XP_POLICY_TRIVIAL: This policy never allows anything; say who may.'],
  [
    'exists Site: False',
    '3:11 warning XP_POLICY_TRIVIAL: This policy never allows anything; say who may.',
  ],
  [
    'forall Site: True',
    '3:11 warning XP_POLICY_TRIVIAL: This policy always allows; write True if that is meant.',
  ],
  // escapes
  [
    'exists Site: {{ Site.name }}',
    '3:27 XP_POLICY_ESCAPE: An escape sees obj and ctx only; compare Site outside of it.',
  ],
  [
    '{{ name }}',
    '3:14 XP_POLICY_PATH: A path starts at obj, at ctx or at a quantified model; write obj.name.',
  ],
])('policy <%s>', (body, expected) => {
  expect(wrongWith(body)).toEqual([expected])
})

test.each([
  'True',
  'obj.id = 1 | exists Site: False',
  'exists Site: True',
  'True -> obj.id',
  'not obj.id',
])('policy <%s> is not trivial, or says openly that it is', (body) => {
  expect(wrongWith(body)).toEqual([])
})

test('a wrong path is told with the model that it is wrong for, and where the policy came to it', () => {
  const text = `option app_label = "a";
policy site_policy < obj.nme >
policy p < *site_policy(site) >
message Site { optional string name = 2 [text = True]; }
message Slice::p { optional manytoone site->Site:slices = 2:1001; }
`
  const source = { file: 'a.xproto', text }
  const [diagnostic] = compile([source]).diagnostics
  expect(render(diagnostic!, [source]))
    .toBe(`a.xproto:2:26 XP_POLICY_FIELD: Site has no field or set nme; did you mean name?
    2 | policy site_policy < obj.nme >
      |                          ^^^
  a.xproto:3:12 site_policy is asked about a Site here
    3 | policy p < *site_policy(site) >
      |            ^^^^^^^^^^^^^^^^^^`)
})

test('a policy is looked at for each model it is asked about, and one mistake is told once', () => {
  expect(
    found(`policy p < obj.name = obj.size >
message A::p { optional string name = 2 [text = True]; optional string size = 3 [text = True]; }
message B::p { optional string name = 2 [text = True]; }
message C::p { optional string name = 2 [text = True]; }
message D { option validators = "p:no"; optional string size = 2 [text = True]; }`),
  ).toEqual([
    '2:16 XP_POLICY_FIELD: D has no field or set name.',
    '2:27 XP_POLICY_FIELD: C has no field or set size.',
  ])
})

test('a policy that nobody uses may be about any model; what is wrong anyway is a warning', () => {
  expect(
    found(`message Site { }
policy p < obj.anything.at.all() | *q(some.link) | ctx.usr | Site.id | exists Site: Site.nme = 1 >
policy q < obj.anything >`).map((text) => /^.*?XP_\w+/.exec(text)?.[0]),
  ).toEqual([
    '3:37 XP_POLICY_ORDER',
    '3:52 warning XP_POLICY_CONTEXT',
    '3:62 warning XP_POLICY_PATH',
    '3:90 warning XP_POLICY_FIELD',
  ])
})

test('a policy may ask itself, and be asked of what derives from its model', () => {
  expect(
    found(`policy p < obj.open | *p(parent) >
message Unit::p { optional bool open = 2 [default = False]; optional manytoone parent->Unit:parts = 3:1001; }
message House::p (Unit) { }`),
  ).toEqual([])
})

test('the models that policies speak of come from all texts', () => {
  const service = {
    file: 'b.xproto',
    text: `option app_label = "b";
policy mine < ctx.user.is_admin | *slice_policy(slice) | obj.slice.site.login_base = "x" >
message Thing::mine (XOSBase) { required manytoone slice->Slice:things = 1:1101; required string key = 2 [max_length = 9]; }`,
  }
  expect(compile([coreSource, service]).diagnostics).toEqual([])
})

test.each([
  ['{obj.name} of {obj.site.owner.email} {{not}} {obj.id}', []],
  [
    '{obj.nme}',
    ['3:37 XP_VALIDATOR_MESSAGE: {obj.nme}: Slice has no field nme; did you mean name?'],
  ],
  [
    '{obj.site}',
    [
      '3:37 XP_VALIDATOR_MESSAGE: {obj.site}: site is a record; name one of its fields, as in site.id.',
    ],
  ],
  [
    '{obj.friends}',
    ['3:37 XP_VALIDATOR_MESSAGE: {obj.friends}: friends is a set, and a message shows one value.'],
  ],
  ['{obj.name.x}', ['3:37 XP_VALIDATOR_MESSAGE: {obj.name.x}: name is a value and has no fields.']],
  [
    '{name}',
    [
      '3:37 XP_VALIDATOR_MESSAGE: "{name}" stands for nothing; write {obj.name}, and {{ or }} for a brace.',
    ],
  ],
  [
    '{}',
    [
      '3:37 XP_VALIDATOR_MESSAGE: "{}" stands for nothing; write {obj.name}, and {{ or }} for a brace.',
    ],
  ],
  [
    'a } b',
    [
      '3:37 XP_VALIDATOR_MESSAGE: "}" stands for nothing; write {obj.name}, and {{ or }} for a brace.',
    ],
  ],
])('the message "%s" of a validator', (message, expected) => {
  expect(
    found(`policy v < True >
message Slice { option validators = "v: ${message}";
  optional string name = 2 [text = True];
  optional manytoone site->Site:slices = 3:1001; optional manytomany friends->User/Slice_friends:befriended = 4:1002;
}
message Site { optional manytoone owner->User:sites = 2:1001; }
message User { optional string email = 2 [text = True]; }`),
  ).toEqual(expected)
})

test('very many models with one long policy are checked in reasonable time', () => {
  const body = Array.from({ length: 20_000 }, (_, index) => `obj.f${index}`).join(' | ')
  const many = Array.from({ length: 5_000 }, (_, index) => `message M${index}::p { }`).join('\n')
  expect(found(`policy p < ${body} >\n${many}`).length).toBe(1000)
}, 20_000)

test('a chain of very many policies is checked in reasonable time', () => {
  const chain = Array.from({ length: 20_000 }, (_, index) =>
    index === 0
      ? 'policy p0 < obj.id >'
      : `policy p${index} < *p${index - 1}(up) & *p${index - 1}(up) >`,
  ).join('\n')
  expect(found(`${chain}\nmessage M::p19999 { optional manytoone up->M:downs = 2:1001; }`)).toEqual(
    [],
  )
}, 20_000)
