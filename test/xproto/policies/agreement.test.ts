import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  compile,
  createPolicyEvaluator,
  prefilterOf,
  type PolicyExpression,
  type Schema,
} from '#xproto'
import {
  escapes,
  ids,
  models,
  nullable,
  policies,
  shapes,
  worlds,
  type Item,
  type ModelName,
} from './random.ts'
import { createWorld, type World } from './world.ts'

const isLong = process.env['SYNCSTEP_LONG'] !== undefined

// Random policies in random worlds: the evaluator, the plan and a naive reading of the same tree agree.

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
