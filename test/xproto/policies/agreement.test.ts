import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  compile,
  createPolicyEvaluator,
  prefilterOf,
  type PolicyExpression,
  type Schema,
} from '#xproto'
import { createWorld, type World } from './world.ts'

const isLong = process.env['SYNCSTEP_LONG'] !== undefined

// Random policies in random worlds: the evaluator, the plan and a naive reading of the same tree agree.

const models = `
message User { required bool is_admin = 2 [default = False]; optional manytoone team->Team:members = 3:1001; }
message Team { optional string name = 2 [text = True]; optional bool open = 3 [default = False]; optional manytoone lead->User:led = 4:1002; }
message Item {
  optional string label = 2 [text = True]; optional int32 size = 3; optional bool flag = 4 [default = False];
  optional manytoone team->Team:items = 5:1003; optional manytoone owner->User:owned = 6:1003;
  optional manytomany watchers->User/Item_watchers:watched = 7:1004;
}
message Grant { optional int32 user_id = 2; optional string kind = 3 [text = True]; optional manytoone item->Item:grants = 4:1001; }
`

type ModelName = 'User' | 'Team' | 'Item' | 'Grant'

const shapes: Readonly<
  Record<
    ModelName,
    {
      readonly scalars: Readonly<Record<string, 'string' | 'number' | 'boolean'>>
      readonly links: Readonly<Record<string, ModelName>>
      readonly sets: Readonly<Record<string, ModelName>>
    }
  >
> = {
  User: {
    scalars: { id: 'number', is_admin: 'boolean' },
    links: { team: 'Team' },
    sets: { led: 'Team', owned: 'Item', watched: 'Item' },
  },
  Team: {
    scalars: { id: 'number', name: 'string', open: 'boolean' },
    links: { lead: 'User' },
    sets: { members: 'User', items: 'Item' },
  },
  Item: {
    scalars: { id: 'number', label: 'string', size: 'number', flag: 'boolean' },
    links: { team: 'Team', owner: 'User' },
    sets: { watchers: 'User', grants: 'Grant' },
  },
  Grant: {
    scalars: { id: 'number', user_id: 'number', kind: 'string' },
    links: { item: 'Item' },
    sets: {},
  },
}

// Random policies, written as text.

type Path = { readonly text: string; readonly model: ModelName }

/** A record in scope, and where one or two links lead from it. */
const pathsFrom = (text: string, model: ModelName, depth = 2): readonly Path[] => [
  { text, model },
  ...(depth === 0
    ? []
    : Object.entries(shapes[model].links).flatMap(([link, target]) =>
        pathsFrom(`${text}.${link}`, target, depth - 1),
      )),
]

const oneOf = (texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)

const numbers = ['0', '1', '2', '-1']
const strings = ['""', '"a"', '"ab"', '"b"']
const booleans = ['True', 'False', 'ctx.read_access', 'ctx.write_access']

const escapes: Readonly<Record<string, (item: Item) => boolean>> = {
  '{{ len(obj.label) < 2 }}': ({ label }) => label !== null && label.length < 2,
  "{{ 'a' not in obj.label }}": ({ label }) => !label?.includes('a'),
  '{{ obj.size is not None and obj.size + 1 <= 2 }}': ({ size }) => size !== null && size < 2,
}

const termsIn = (scope: readonly Path[], wanted: 'string' | 'number' | 'boolean') => [
  ...(wanted === 'number' ? numbers : wanted === 'string' ? strings : booleans),
  ...scope.flatMap(({ text, model }) =>
    Object.entries(shapes[model].scalars)
      .filter(([, type]) => type === wanted)
      .map(([name]) => `${text}.${name}`),
  ),
]

const setsIn = (scope: readonly Path[]) =>
  scope.flatMap(({ text, model }) =>
    Object.entries(shapes[model].sets).map(([name, target]) => ({
      text: `${text}.${name}.all()`,
      model: target,
    })),
  )

const comparison = (scope: readonly Path[]): fc.Arbitrary<string> => {
  const equal = (['string', 'number', 'boolean'] as const).map((type) => {
    const terms = oneOf(termsIn(scope, type))
    return fc.tuple(terms, terms).map(([left, right]) => `${left} = ${right}`)
  })
  const texts = oneOf(termsIn(scope, 'string'))
  const within = fc.tuple(texts, texts).map(([part, text]) => `${part} in ${text}`)
  const same = fc
    .tuple(fc.constantFrom(...scope), fc.constantFrom(...scope))
    .map(([left, right]) => `${left.text} = ${right.text}`)
  const member = fc
    .tuple(fc.constantFrom(...scope), fc.constantFrom(...setsIn(scope)))
    .map(([record, set]) => `${record.text} in ${set.text}`)
  return fc.oneof(...equal, within, same, member)
}

const plain = (scope: readonly Path[]): fc.Arbitrary<string> =>
  oneOf([
    ...termsIn(scope, 'string'),
    ...termsIn(scope, 'number'),
    ...termsIn(scope, 'boolean'),
    ...scope.map(({ text }) => text),
    ...setsIn(scope).map(({ text }) => text),
  ])

const policyOf = (
  scope: readonly Path[],
  atoms: readonly string[],
  depth: number,
  free: readonly ModelName[] = ['User', 'Team', 'Item', 'Grant'],
): fc.Arbitrary<string> => {
  const atom = fc.oneof(
    comparison(scope),
    comparison(scope),
    plain(scope),
    oneOf([...atoms, 'True']),
  )
  if (depth === 0) return atom
  const part = policyOf(scope, atoms, depth - 1, free)
  const chain = fc
    .tuple(fc.constantFrom('&', '|', '->'), part, part)
    .map(([sign, left, right]) => `(${left}) ${sign} (${right})`)
  const quantified = fc
    .tuple(fc.constantFrom('exists', 'forall'), fc.constantFrom(...free))
    .chain(([word, model]) =>
      policyOf(
        [...scope, ...pathsFrom(model, model, 1)],
        atoms,
        depth - 1,
        free.filter((other) => other !== model),
      ).map((body) => `${word} ${model}: (${body})`),
    )
  const negated = part.map((text) => `not (${text})`)
  return fc.oneof(atom, chain, chain, negated, free.length === 0 ? atom : quantified)
}

const user = pathsFrom('ctx.user', 'User', 1)
const policies = fc.record({
  teamPolicy: policyOf([...pathsFrom('obj', 'Team', 1), ...user], [], 1),
  userPolicy: policyOf([...pathsFrom('obj', 'User', 1), ...user], ['*team_policy(team)'], 1),
  policy: policyOf(
    [...pathsFrom('obj', 'Item'), ...user],
    [
      '*team_policy(team)',
      '*user_policy(owner)',
      '*user_policy(team.lead)',
      '*team_policy(team) = obj.flag',
      '*team_policy(team) = *user_policy(owner)',
      ...Object.keys(escapes),
    ],
    3,
  ),
})

// Random worlds of three records of each model.

const ids = [1, 2, 3]
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 4 })
const flag = nullable(fc.boolean())
const text = nullable(fc.constantFrom('', 'a', 'ab', 'b'))
const number = nullable(fc.constantFrom(0, 1, 2, -1))
const link = nullable(fc.constantFrom(...ids))

const three = <T>(values: fc.Arbitrary<T>) =>
  fc
    .tuple(values, values, values)
    .map((rows) => rows.map((row, index) => ({ id: index + 1, ...row })))

const worlds = fc.record({
  User: three(fc.record({ is_admin: fc.boolean(), team: link })),
  Team: three(fc.record({ name: text, open: flag, lead: link })),
  Item: three(
    fc.record({
      label: text,
      size: number,
      flag,
      team: link,
      owner: link,
      watchers: fc.subarray(ids),
    }),
  ),
  Grant: three(fc.record({ user_id: number, kind: text, item: link })),
})

type Item = { readonly label: string | null; readonly size: number | null }

// The naive reading: everything is computed, then put together.

type Found = { readonly model: ModelName; readonly values: Readonly<Record<string, unknown>> }
type Naive = string | number | boolean | null | Found | readonly Found[]

const isFound = (value: Naive): value is Found =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const naively = (
  schema: Schema,
  world: World,
  policy: string,
  obj: Found,
  context: { readonly user: Found | null; readonly access: string },
): boolean => {
  const all = (model: ModelName): readonly Found[] =>
    (world[model] ?? []).map((values) => ({ model, values }))

  const step = (from: Naive, name: string): Naive => {
    if (from === null || !isFound(from)) return null
    const { links, sets } = shapes[from.model]
    const value = from.values[name]
    const target = links[name]
    if (target !== undefined)
      return all(target).find(({ values }) => values['id'] === value) ?? null
    const member = sets[name]
    if (member === undefined) return value as Naive
    const linked = ({ values }: Found, field: string) => values[field] === from.values['id']
    const contains = (list: unknown, id: unknown) => (list as unknown[]).includes(id)
    const isMember: Readonly<Record<string, (other: Found) => boolean>> = {
      led: (other) => linked(other, 'lead'),
      owned: (other) => linked(other, 'owner'),
      watched: (other) => contains(other.values['watchers'], from.values['id']),
      members: (other) => linked(other, 'team'),
      items: (other) => linked(other, 'team'),
      watchers: (other) => contains(from.values['watchers'], other.values['id']),
      grants: (other) => linked(other, 'item'),
    }
    return all(member).filter(isMember[name]!)
  }

  const asTrue = (value: Naive): boolean =>
    Array.isArray(value) ? value.length > 0 : Boolean(value)

  const areSame = (left: Naive, right: Naive): boolean => {
    if (left === null || right === null) return false
    if (isFound(left) && isFound(right)) {
      return left.model === right.model && left.values['id'] === right.values['id']
    }
    return left === right
  }

  const say = (
    expression: PolicyExpression,
    about: Found,
    rows: Readonly<Record<string, Found>>,
  ): Naive => {
    const again = (part: PolicyExpression) => say(part, about, rows)
    switch (expression.kind) {
      case 'literal':
        return expression.value
      case 'path': {
        const { names, called } = expression
        const [root = '', ...rest] = called ? names.slice(0, -1) : names
        if (root === 'ctx') {
          if (rest[0] !== 'user') return rest[0] === `${context.access}_access`
          if (context.user === null && rest[1] === 'is_admin') return false
          return rest.slice(1).reduce<Naive>(step, context.user)
        }
        return rest.reduce<Naive>(step, root === 'obj' ? about : rows[root]!)
      }
      case 'sub-policy': {
        const other = expression.link.text.split('.').reduce<Naive>(step, about)
        const { expression: asked } = schema.policies.get(expression.policy.text)!
        return other === null ? true : asTrue(say(asked, other as Found, {}))
      }
      case 'escape':
        return escapes[`{{ ${expression.text} }}`]!(about.values as Item)
      case 'and':
        return expression.operands.map(again).every(asTrue)
      case 'or':
        return expression.operands.map(again).some(asTrue)
      case 'implies': {
        const [left, right] = [again(expression.left), again(expression.right)]
        return !asTrue(left) || asTrue(right)
      }
      case 'not':
        return !asTrue(again(expression.operand))
      case 'equals':
        return areSame(again(expression.left), again(expression.right))
      case 'in': {
        const [left, right] = [again(expression.left), again(expression.right)]
        if (Array.isArray(right)) return right.some((member: Found) => areSame(left, member))
        return typeof left === 'string' && typeof right === 'string' && right.includes(left)
      }
      case 'exists':
      case 'forall': {
        const { variable, body } = expression
        const answers = all(variable.text as ModelName).map((row) =>
          asTrue(say(body, about, { ...rows, [variable.text]: row })),
        )
        return expression.kind === 'exists' ? answers.includes(true) : !answers.includes(false)
      }
    }
  }

  return asTrue(say(schema.policies.get(policy)!.expression, obj, {}))
}

const contexts = fc.record({
  userId: nullable(fc.constantFrom(...ids)),
  access: fc.constantFrom('read' as const, 'write' as const),
})

test('the evaluator agrees with a naive one, and a plan lets through what the evaluator allows', async () => {
  let exact = 0
  let filtered = 0
  await fc.assert(
    fc.asyncProperty(policies, worlds, contexts, async (texts, world, { userId, access }) => {
      const text = `option app_label = "a";
policy team_policy < ${texts.teamPolicy} >
policy user_policy < ${texts.userPolicy} >
policy p < ${texts.policy} >${models}`
      const { schema, diagnostics } = compile([{ file: 'a.xproto', text }])
      expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])

      const { port, record, matching } = createWorld(schema!, world)
      const evaluator = createPolicyEvaluator(schema!)
      const user = userId === null ? null : record('User', userId)
      const naiveUser =
        userId === null ? null : { model: 'User' as const, values: world.User[userId - 1]! }

      const allowed: number[] = []
      for (const values of world.Item) {
        const item = record('Item', values.id)
        const answer = await evaluator.evaluate('p', item, { user, access }, port)
        const context = { user: naiveUser, access }
        expect(answer).toBe(naively(schema!, world, 'p', { model: 'Item', values }, context))
        if (answer) allowed.push(values.id)
      }

      const { filter, isExact } = await evaluator.plan('p', 'Item', { user, access }, port)
      const planned = matching('Item', prefilterOf(filter))
      expect(planned).toEqual(expect.arrayContaining(allowed))
      if (!isExact) return
      expect(planned).toEqual(allowed)
      exact += 1
      if (filter.kind !== 'constant') filtered += 1
    }),
    { numRuns: isLong ? 10_000 : 400 },
  )
  // Most plans are exact, and many of those are real filters: the property has something to look at.
  expect(exact).toBeGreaterThan(200)
  expect(filtered).toBeGreaterThan(100)
}, 900_000)
