import { expect, test } from 'vitest'
import {
  compile,
  createPolicyEvaluator,
  PolicyError,
  prefilterOf,
  type PolicyContext,
  type PolicyPort,
} from '#xproto'
import { createWorld } from './world.ts'

const models = `
message User { required bool is_admin = 2 [default = False]; optional manytoone site->Site:users = 3:1001; }
message Site { optional string name = 2 [text = True]; optional manytoone parent->Site:parts = 3:1002; }
message Slice {
  optional string name = 2 [text = True]; optional int32 size = 3; optional bool open = 5 [default = False];
  optional manytoone site->Site:slices = 4:1003; optional manytoone owner->User:owned = 6:1002;
  optional manytomany friends->User/Slice_friends:befriended = 7:1003;
  optional onetoone twin->Site:twins = 8:1004;
}
message GoldSlice (Slice) { optional string extra = 2 [text = True]; }
message Grant { optional int32 user_id = 2; optional string what = 3 [text = True]; optional manytoone slice->Slice:grants = 4:1001; }`

const world = {
  User: [
    { id: 1, is_admin: false, site: 1 },
    { id: 2, is_admin: true, site: null },
    { id: 3, is_admin: false, site: null },
  ],
  // Sites 2 and 3 are parts of each other.
  Site: [
    { id: 1, name: 'one', parent: null },
    { id: 2, name: '', parent: 3 },
    { id: 3, name: null, parent: 2 },
    ...Array.from({ length: 40 }, (_, index) => ({
      id: 10 + index,
      name: 'deep',
      parent: 9 + index,
    })),
  ],
  Slice: [
    { id: 1, name: 'first', size: 3, open: true, site: 1, owner: 1, friends: [1, 3], twin: 1 },
    { id: 2, name: '', size: 0, open: false, site: 2, owner: 3, friends: [], twin: null },
    { id: 3, name: null, size: null, open: null, site: null, owner: null, friends: [], twin: null },
  ],
  GoldSlice: [
    {
      id: 4,
      name: 'gold',
      size: 1,
      open: true,
      site: 1,
      owner: 2,
      friends: [2],
      extra: 'x',
      twin: 3,
    },
  ],
  Grant: [
    { id: 1, user_id: 1, what: 'all', slice: 1 },
    { id: 2, user_id: 3, what: 'some', slice: 1 },
    { id: 3, user_id: 3, what: null, slice: 4 },
  ],
}

const schemaOf = (policies: string) => {
  const text = `option app_label = "a";\n${policies}${models}`
  const { schema, diagnostics } = compile([{ file: 'a.xproto', text }])
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!
}

const sub = `policy site_policy < obj.name = "one" >
policy owner_policy < obj.is_admin | *site_policy(site) >
`

const reading = (user: number | null) => ({ user, access: 'read' as const })

/** Ids of the slices for which a policy holds: asked one by one, and planned. */
const holdsFor = async (
  body: string,
  { user, access }: { user: number | null; access: PolicyContext['access'] } = reading(1),
): Promise<readonly unknown[]> => {
  const schema = schemaOf(`${sub}policy p < ${body} >`)
  const evaluator = createPolicyEvaluator(schema)
  const { port, record, matching } = createWorld(schema, world)
  const context = { user: user === null ? null : record('User', user), access }
  const one: number[] = []
  for (const id of [1, 2, 3, 4]) {
    if (await evaluator.evaluate('p', record('Slice', id), context, port)) one.push(id)
  }
  const { filter, isExact } = await evaluator.plan('p', 'Slice', context, port)
  const planned = matching('Slice', prefilterOf(filter))
  if (isExact) expect(planned).toEqual(one)
  else expect(planned).toEqual(expect.arrayContaining(one))
  return one
}

test.each([
  // what counts as true: not null, not 0, not the empty text, not the empty set
  ['obj', [1, 2, 3, 4]],
  ['obj.name', [1, 4]],
  ['obj.size', [1, 4]],
  ['obj.open', [1, 4]],
  ['obj.site', [1, 2, 4]],
  ['obj.friends.all()', [1, 4]],
  ['obj.grants.all()', [1, 4]],
  ['obj.site.users.all()', [1, 4]],
  ['"text" & 1 & True', [1, 2, 3, 4]],
  ['"" | 0 | False', []],
  // null equals nothing, not even null
  ['obj.name = ""', [2]],
  ['obj.size = 0', [2]],
  ['obj.open = False', [2]],
  ['not obj.open = True', [2, 3]],
  ['obj.site.parent.id = obj.owner.site.id', []],
  ['obj.site.parent = obj.site.parent', [2]],
  ['obj.name = obj.name', [1, 2, 4]],
  // a path goes on behind null, and stays null
  ['obj.site.parent.name', []],
  ['not obj.site.parent.name', [1, 2, 3, 4]],
  // records are the same when their families and their ids are
  ['obj.owner = ctx.user', [1]],
  ['ctx.user = obj.owner', [1]],
  ['obj.owner.id = ctx.user.id', [1]],
  ['obj.owner = obj.site', []],
  ['obj.site.id = obj.owner.id', [1]],
  ['exists GoldSlice: GoldSlice = obj', [4]],
  ['exists Slice: (Slice = obj & Slice.size = 1)', [4]],
  ['exists User: User = obj', []],
  ['obj.twin = obj.site', [1]],
  ['obj in obj.site.twins.all()', [1]],
  // membership
  ['ctx.user in obj.friends.all()', [1]],
  ['obj in ctx.user.befriended.all()', [1]],
  ['obj in ctx.user.owned.all()', [1]],
  ['obj.owner in obj.site.users.all()', [1]],
  ['obj.owner in obj.friends.all()', [1, 4]],
  ['not (obj.owner in obj.friends.all())', [2, 3]],
  ['ctx.user.site.parent in obj.site.parts.all()', []],
  ['obj.site in obj.friends.all()', []],
  ['"irs" in obj.name', [1]],
  ['"" in obj.name', [1, 2, 4]],
  ['obj.name in "the first and gold"', [1, 2, 4]],
  // operators
  ['obj.open -> obj.size = 3', [1, 2, 3]],
  ['obj.open -> obj.size -> obj.name = "gold"', [2, 3, 4]],
  ['not obj.open & obj.owner', [2]],
  // quantifiers
  ['exists Grant: (Grant.user_id = ctx.user.id & Grant.slice = obj)', [1]],
  ['exists Grant: (Grant.user_id = ctx.user.id & Grant.what = "some")', []],
  ['exists Grant: Grant.slice.site.id = obj.site.id', [1, 4]],
  ['exists Grant: (obj.open & Grant.slice = obj & not Grant.what)', [4]],
  ['forall Grant: (Grant.slice = obj -> Grant.what)', [1, 2, 3]],
  ['forall Grant: (Grant.slice = obj)', []],
  ['exists Grant: Grant.slice in obj.site.slices.all()', [1, 4]],
  [
    'exists User: (User in obj.friends.all() & (exists Grant: (Grant.user_id = User.id & Grant.slice = obj)))',
    [1],
  ],
  ['exists Site: Site.parts.all()', [1, 2, 3, 4]],
  ['forall User: (User in obj.friends.all() -> User.is_admin)', [2, 3, 4]],
  // sub-policies; everybody may access what is not there
  ['*site_policy(site)', [1, 3, 4]],
  ['*site_policy(site.parent)', [1, 3, 4]],
  ['not *site_policy(site)', [2]],
  ['*site_policy(site) = True', [1, 3, 4]],
  ['False = *site_policy(site)', [2]],
  ['*site_policy(site) = obj.open', [1, 2, 4]],
  ['*site_policy(site) = *owner_policy(owner)', [1, 3, 4]],
  ['*site_policy(site) = 1', []],
  ['*owner_policy(owner)', [1, 2, 3, 4]],
  ['exists Grant: (*site_policy(site) & Grant.slice = obj)', [1, 4]],
  // escapes
  ['{{ len(obj.name) < 5 }}', [2, 4]],
  ['not {{ len(obj.name) < 5 }}', [1, 3]],
  ['{{ obj.size + 1 }} = 4', [1]],
  ['{{ obj.name }} in "first"', [1, 2]],
  ['obj.open & {{ ctx.user.id < 2 }}', [1, 4]],
  ['exists Grant: (Grant.slice = obj & {{ obj.name == "gold" }})', [4]],
])('policy <%s> holds for the slices %j', async (body, expected) => {
  expect(await holdsFor(body)).toEqual(expected)
})

test.each([
  ['ctx.read_access', 'read', 1, true],
  ['ctx.read_access', 'write', 1, false],
  ['ctx.write_access', 'write', 1, true],
  ['ctx.write_access', 'grant', 1, false],
  ['ctx.grant_access', 'grant', 1, true],
  ['ctx.user.is_admin', 'read', 2, true],
  ['ctx.user.is_admin', 'read', 1, false],
  ['ctx.user', 'read', 1, true],
  // nobody is logged in
  ['ctx.user', 'read', null, false],
  ['ctx.user.is_admin', 'read', null, false],
  ['ctx.user.is_admin = False', 'read', null, true],
  ['ctx.user.id = obj.owner.id', 'read', null, false],
  ['ctx.user.site.name', 'read', null, false],
  ['{{ ctx.user is None }}', 'read', null, true],
] as const)('policy <%s> asked to %s by user %s is %s', async (body, access, user, expected) => {
  expect((await holdsFor(body, { user, access })).includes(2)).toBe(expected)
})

const worldWith = (policies: string) => {
  const schema = schemaOf(policies)
  return { evaluator: createPolicyEvaluator(schema), ...createWorld(schema, world) }
}
const context: PolicyContext = { user: null, access: 'read' }

test('in a validator nobody asks: all of ctx is null, in its sub-policies as well', async () => {
  const schema =
    schemaOf(`policy asks < ctx.read_access | ctx.user.is_admin | ctx.user.is_admin = False >
policy v < *asks(other) >
message Thing { option validators = "v:{{never}} {obj.id} {obj.other.flag} {obj.other.other.id}, asks:again";
  optional manytoone other->Thing:others = 2:1001; optional bool flag = 3 [default = False]; }`)
  const { port, record } = createWorld(schema, {
    Thing: [
      { id: 1, other: 2, flag: null },
      { id: 2, other: null, flag: true },
    ],
  })
  const evaluator = createPolicyEvaluator(schema)
  expect(await evaluator.failures(record('Thing', 1), port)).toEqual([
    '{never} 1 True None',
    'again',
  ])
  expect(await evaluator.failures(record('Thing', 2), port)).toEqual(['again'])
})

test('a record that is not stored yet has no id: nothing is it, and its sets are empty', async () => {
  const { evaluator, port, record } = worldWith(`policy same < obj = obj | obj.id = 1 >
policy friends < ctx.user in obj.friends.all() | obj.grants.all() >
policy owner < obj.owner = ctx.user >`)
  const unsaved = { ...record('Slice', 1), id: null }
  const mine = { ...context, user: record('User', 1) }
  expect(await evaluator.evaluate('same', unsaved, mine, port)).toBe(false)
  expect(await evaluator.evaluate('friends', unsaved, mine, port)).toBe(false)
  expect(await evaluator.evaluate('owner', unsaved, mine, port)).toBe(true)
})

test('a policy that asks itself goes up from record to record, and its plan is a prefilter', async () => {
  const { evaluator, port, record, matching } = worldWith(
    'policy p < obj.name = "one" | *p(parent) >',
  )
  expect(await evaluator.evaluate('p', record('Site', 1), context, port)).toBe(true)
  // 31 steps to the parent that is not there
  expect(await evaluator.evaluate('p', record('Site', 40), context, port)).toBe(true)
  const { filter, isExact } = await evaluator.plan('p', 'Site', context, port)
  expect(isExact).toBe(false)
  expect(matching('Site', prefilterOf(filter))).toHaveLength(world.Site.length)
})

test.each([
  ['more than 32 deep', 'policy p < *p(parent) >', 45],
  ['about a record again', 'policy p < *p(parent) >', 2],
  ['about a record again below a not', 'policy p < not *p(parent) >', 2],
])('a policy that asks itself %s refuses', async (_, policies, id) => {
  const { evaluator, port, record } = worldWith(policies)
  await expect(evaluator.evaluate('p', record('Site', id), context, port)).rejects.toThrow(
    new PolicyError(
      'POLICY_RECURSION',
      'Policy p asks policies more than 32 deep, or itself about the same record',
    ),
  )
})

test('policies that ask each other twice at each step are asked once about each record', async () => {
  const { evaluator, port, record, asked } = worldWith(
    'policy p < *p(parent) & *p(parent) & True >',
  )
  expect(await evaluator.evaluate('p', record('Site', 35), context, port)).toBe(true)
  expect(asked).toHaveLength(26)
})

test('a question that leads to more than ten thousand others refuses', async () => {
  const { evaluator, port } = worldWith(`policy p < *p(left) & *p(right) >
message Tree { optional manytoone left->Tree:+ = 2; optional manytoone right->Tree:+ = 3; }`)
  // A tree of a million records.
  const branching: PolicyPort = {
    ...port,
    link: ({ model, id, fields }, link) => {
      const below = 2 * (id ?? 0) + (link === 'left' ? 0 : 1)
      return Promise.resolve(below < 2 ** 20 ? { model, id: below, fields } : null)
    },
  }
  const root = { model: 'Tree', id: 1, fields: {} }
  await expect(evaluator.evaluate('p', root, context, branching)).rejects.toThrow(
    new PolicyError(
      'POLICY_RECURSION',
      'Policy p is asked about more than 10000 records for the sake of one',
    ),
  )
})

test('what cannot be said of very many parts of a policy is said once', async () => {
  const parts = Array.from({ length: 10_000 }, (_, index) => `obj.name = "${index}"`)
  const { evaluator, port } = worldWith(`policy p < ${parts.join(' | ')} >`)
  const { filter } = await evaluator.plan('p', 'Site', context, port)
  expect(filter.kind === 'or' && filter.filters.filter(({ kind }) => kind === 'unknown')).toEqual([
    { kind: 'unknown', reason: 'the filter would be too long' },
  ])
})

test('a plan that would grow without end is cut, and stays a prefilter', async () => {
  const chain = Array.from({ length: 20 }, (_, index) =>
    index === 0
      ? 'policy p0 < obj.name = "one" >'
      : `policy p${index} < obj.name = "one" & *p${index - 1}(parent) & *p${index - 1}(parent) >`,
  ).join('\n')
  const { evaluator, port, matching } = worldWith(chain)
  const { filter, isExact } = await evaluator.plan('p19', 'Site', context, port)
  expect(isExact).toBe(false)
  expect(JSON.stringify(filter).length).toBeLessThan(1_000_000)
  expect(matching('Site', prefilterOf(filter))).toEqual([1])
})

test.each([
  ['nobody', 'Slice', 'POLICY_UNKNOWN', 'No policy is named nobody'],
  ['named', 'Star', 'POLICY_UNKNOWN', 'No model is named Star'],
  ['named', 'Grant', 'POLICY_PATH', 'Grant has no name, which a policy asks for'],
  ['bare', 'Slice', 'POLICY_PATH', 'A policy has no name, which a policy asks for'],
  ['context', 'Slice', 'POLICY_PATH', 'ctx has no usr, which a policy asks for'],
  ['called', 'Slice', 'POLICY_PATH', 'obj has no open(), which a policy asks for'],
  ['beyond', 'Slice', 'POLICY_PATH', 'A value has no more, which a policy asks for'],
  ['set', 'Slice', 'POLICY_PATH', 'A value has no name, which a policy asks for'],
  ['inside', 'Slice', 'POLICY_PATH', 'An escape has no obj.friends, which a policy asks for'],
  ['quantified', 'Slice', 'POLICY_PATH', 'An escape has no Grant.what, which a policy asks for'],
] as const)('policy %s cannot be asked about a %s', async (policy, model, code, message) => {
  const { evaluator, port } = worldWith(`policy named < not obj.name >
policy bare < not name >
policy context < not ctx.usr >
policy called < not obj.open() >
policy beyond < not obj.open.more >
policy set < not obj.friends.name >
policy inside < not {{ obj.friends }} >
policy quantified < not exists Grant: {{ Grant.what }} >`)
  const record = { model, id: 1, fields: { open: true } }
  await expect(evaluator.evaluate(policy, record, context, port)).rejects.toThrow(
    new PolicyError(code, message),
  )
  const { filter, isExact } = await evaluator.plan(policy, model, context, port)
  expect(isExact).toBe(false)
  expect(prefilterOf(filter)).toEqual({ kind: 'constant', value: true })
})

test('what a policy does not need is not asked for', async () => {
  const { evaluator, port, record, asked } =
    worldWith(`policy short < obj.open | obj.site.name = "x" >
policy both < obj.site.name = "x" & obj.site.parent.name = "y" >
policy none < exists Grant: (obj.size = 7 & Grant.slice = obj) >
policy once < exists Grant: (Grant.slice = obj & Grant.what = obj.site.name & Grant.user_id = 1) >`)
  const slice = record('Slice', 1)
  for (const [policy, expected] of [
    ['short', []],
    ['both', ['Slice/1.site']],
    ['none', []],
    ['once', ['Slice/1.site', 'exists']],
  ] as const) {
    asked.length = 0
    await evaluator.evaluate(policy, slice, context, port)
    expect(asked).toEqual(expected)
  }
})
