import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile, parse, printPolicy, type PolicyExpression, type PolicyTerm } from '#xproto'
import { policyFrom } from '../../../xproto/policies/read.ts'
import { withoutSpans } from '../without-spans.ts'
import { found } from './found.ts'

const models = `
message User { optional bool is_admin = 2 [default = False]; }
message Site { optional string name = 2 [text = True]; optional manytoone owner->User:sites = 3:1001; }
message Slice::p {
  optional string name = 2 [text = True]; optional int32 size = 3;
  optional manytoone site->Site:slices = 4:1001; optional bool open = 5 [default = False];
  optional manytomany friends->User/Slice_friends:befriended = 6:1002;
  optional manytoone parent->Slice:children = 7:1001;
}`

const expressionOf = (body: string): PolicyExpression => {
  const text = `option app_label = "a";\npolicy q < True >\npolicy p <${body}>${models}`
  const { schema, diagnostics } = compile([{ file: 'a.xproto', text }])
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return schema!.policies.get('p')!.expression
}

test.each([
  // how tight the operators bind, shown by the parentheses that change nothing
  ['not obj.open = True', 'not (obj.open = True)'],
  ['not obj.open & obj.size', '(not obj.open) & obj.size'],
  ['not not obj.open', 'not (not obj.open)'],
  ['obj.open & obj.size | obj.name', '(obj.open & obj.size) | obj.name'],
  ['obj.open | obj.size & obj.name', 'obj.open | (obj.size & obj.name)'],
  ['obj.open | obj.size -> obj.name & obj.id', '(obj.open | obj.size) -> (obj.name & obj.id)'],
  ['obj.open -> obj.size -> obj.name', 'obj.open -> (obj.size -> obj.name)'],
  ['exists Site: Site.name & Site.id', 'exists Site: (Site.name & Site.id)'],
  ['forall Site: Site.name -> Site.id | obj.id', 'forall Site: (Site.name -> (Site.id | obj.id))'],
  [
    'obj.open & exists Site: Site.name | Site.id',
    'obj.open & (exists Site: (Site.name | Site.id))',
  ],
  ['not exists Site: Site.name & Site.id', 'not (exists Site: (Site.name & Site.id))'],
  [
    'exists Site: exists User: User.id = Site.owner.id',
    'exists Site: (exists User: (User.id = Site.owner.id))',
  ],
  // blanks and comments mean nothing
  ['obj.open&obj.size->obj.name', ' obj.open & obj.size -> obj.name '],
  ['obj.open // note\n| obj.size', 'obj.open /* | obj.name */ | obj.size'],
  ['*q(site)', '* q ( site )'],
  ['{{ obj.size }}', '{{obj.size}}'],
])('%s is %s', (text, same) => {
  expect(withoutSpans(expressionOf(text))).toEqual(withoutSpans(expressionOf(same)))
})

test.each([
  ['(a chain is one node)', 'obj.open & obj.size & obj.id', 'obj.open & obj.size & obj.id'],
  [
    '(parentheses stay where they group)',
    '(obj.open & obj.size) & obj.id',
    '(obj.open & obj.size) & obj.id',
  ],
  ['', '((obj.open)) | ((obj.size = 3))', 'obj.open | obj.size = 3'],
  ['', '(obj.open -> obj.size) -> obj.id', '(obj.open -> obj.size) -> obj.id'],
  ['', 'not (obj.open & obj.size)', 'not (obj.open & obj.size)'],
  [
    '(a quantifier is closed off)',
    'obj.open | exists Site: (Site.id = obj.size)',
    'obj.open | (exists Site: Site.id = obj.size)',
  ],
  ['', 'exists Site: (Site.id & Site.name)', 'exists Site: (Site.id & Site.name)'],
  ['', 'ctx.user in obj.friends.all()', 'ctx.user in obj.friends.all()'],
  ['', 'obj.size = -1.50 | "a\\"b\\n" in obj.name', 'obj.size = -1.50 | "a\\"b\\n" in obj.name'],
  ['', '*q(parent.site) = True', '*q(parent.site) = True'],
  ['', '{{obj.name  ==  "x"}}', '{{ obj.name  ==  "x" }}'],
])('%s %s is printed as %s', (_, text, printed) => {
  expect(printPolicy(expressionOf(text))).toBe(printed)
})

test('every part of a policy knows its place in the file', () => {
  const text =
    'option app_label = "a";\npolicy p < obj.id = 3 | not *p(a.b) >\nmessage b { optional manytoone b->b:+ = 2; }'
  const { schema } = compile([{ file: 'a.xproto', text }])
  const places: string[] = []
  JSON.stringify(schema!.policies.get('p')!.expression, (key, value: unknown) => {
    if (key === 'span') {
      const { start, end } = value as { start: number; end: number }
      places.push(text.slice(start, end))
    }
    return value
  })
  expect(places).toEqual([
    'obj.id',
    '3',
    'obj.id = 3',
    'p',
    'a.b',
    '*p(a.b)',
    'not *p(a.b)',
    'obj.id = 3 | not *p(a.b)',
  ])
})

// Place, and what is said.
test.each([
  ['', '2:10 XP_POLICY_SYNTAX: This policy is empty; write True to allow everything.'],
  [' // nothing', '2:10 XP_POLICY_SYNTAX: This policy is empty; write True to allow everything.'],
  ['obj.id != 3', '2:19 XP_POLICY_SYNTAX: Write not a = b for "!=".'],
  ['obj.id == 3', '2:19 XP_POLICY_SYNTAX: Write = for "==".'],
  ['obj.a && obj.b', '2:18 XP_POLICY_SYNTAX: Write & for "&&".'],
  ['obj.a || obj.b', '2:18 XP_POLICY_SYNTAX: Write | for "||".'],
  ['obj.a and obj.b', '2:18 XP_POLICY_SYNTAX: Write & for "and".'],
  ['obj.a or obj.b', '2:18 XP_POLICY_SYNTAX: Write | for "or".'],
  ['!obj.a', '2:12 XP_POLICY_SYNTAX: Write not for "!".'],
  [
    'obj.a < 3',
    '2:18 XP_POLICY_SYNTAX: Policies know = and in; write a comparison by size as an escape: {{ a < b }}.',
  ],
  [
    'obj.a <= 3',
    '2:18 XP_POLICY_SYNTAX: Policies know = and in; write a comparison by size as an escape: {{ a <= b }}.',
  ],
  [
    'obj.a =',
    '2:19 XP_POLICY_SYNTAX: Expected a path such as obj.name, a value or "(", found the end of the policy.',
  ],
  [
    '& obj.a',
    '2:12 XP_POLICY_SYNTAX: Expected a path such as obj.name, a value or "(", found "&".',
  ],
  ['obj.a = (obj.b)', '2:20 XP_POLICY_SYNTAX: Expected a plain term after "=", found "(".'],
  ['obj.a = not obj.b', '2:20 XP_POLICY_SYNTAX: Expected a plain term after "=", found "not".'],
  [
    '(obj.a) = obj.b',
    '2:20 XP_POLICY_SYNTAX: Expected one comparison of two plain terms (write & between comparisons), found "=".',
  ],
  [
    'obj.a = obj.b = obj.c',
    '2:26 XP_POLICY_SYNTAX: Expected one comparison of two plain terms (write & between comparisons), found "=".',
  ],
  [
    '(obj.a',
    '2:18 XP_POLICY_SYNTAX: Expected ")" to close the parenthesis, found the end of the policy.',
  ],
  [
    'obj.a)',
    '2:17 XP_POLICY_SYNTAX: Expected an operator (& | -> = in) or the end of the policy, found ")".',
  ],
  [
    'obj.a obj.b',
    '2:18 XP_POLICY_SYNTAX: Expected an operator (& | -> = in) or the end of the policy, found "obj.b".',
  ],
  [
    'obj.f(1)',
    '2:17 XP_POLICY_SYNTAX: Expected an operator (a call takes nothing between its parentheses), found "(".',
  ],
  [
    'obj.f().g',
    '2:19 XP_POLICY_SYNTAX: A path is names joined by single dots, and () can only stand at its end.',
  ],
  ['obj..f', '2:12 XP_POLICY_SYNTAX: A path is names joined by single dots.'],
  ['obj.f.', '2:12 XP_POLICY_SYNTAX: A path is names joined by single dots.'],
  [
    'obj.a[0]',
    '2:17 XP_POLICY_SYNTAX: Expected an operator (& | -> = in) or the end of the policy, found "[".',
  ],
  ['exists: obj.a', '2:18 XP_POLICY_SYNTAX: Expected the name of a model, found ":".'],
  ['exists A.b: obj.a', '2:19 XP_POLICY_SYNTAX: Expected the name of a model, found "A.b".'],
  ['exists Site obj.a', '2:24 XP_POLICY_SYNTAX: Expected ":" after Site, found "obj.a".'],
  ['*p()', '2:13 XP_POLICY_SYNTAX: Name the link whose record is meant, as in *site_policy(site).'],
  ['*p', '2:14 XP_POLICY_SYNTAX: Expected "(" and a link after *p, found the end of the policy.'],
  [
    '*p(a, b)',
    '2:16 XP_POLICY_SYNTAX: Expected ")" after the link, as a policy takes one, found ",".',
  ],
  [
    '*p(a.all())',
    '2:15 XP_POLICY_SYNTAX: A policy is asked about one record; name a link to one, without ().',
  ],
  [
    '*p("a")',
    '2:15 XP_POLICY_SYNTAX: Expected the link whose record is meant, as in (site), found "\\"a\\"".',
  ],
  ['obj.a = "x', '2:20 XP_POLICY_SYNTAX: This text never ends; close it with " on the same line.'],
  ['obj.a /* x', '2:18 XP_POLICY_SYNTAX: This comment never ends; close it with */.'],
  ['{{ obj.a }', '2:12 XP_POLICY_SYNTAX: This escape never ends; close it with }}.'],
  ['{ obj.a }', '2:12 XP_POLICY_SYNTAX: An escape stands between {{ and }}.'],
  [
    'obj.a # x',
    '2:18 XP_POLICY_SYNTAX: Expected an operator (& | -> = in) or the end of the policy, found "#".',
  ],
  ["obj.a = 'x'", '2:20 XP_POLICY_QUOTES: Text is written between straight double quotes: "x".'],
  ['obj.a = “x”', '2:20 XP_POLICY_QUOTES: Text is written between straight double quotes: "x".'],
  ["obj.a = 'it", '2:20 XP_POLICY_SYNTAX: Text is written between straight double quotes: "text".'],
])('policy < %s > is no policy', (body, expected) => {
  expect(found(`policy p < ${body}`.replace(/< $/, '<') + '>')).toEqual([expected])
})

test('a policy that is never closed is not read', () => {
  expect(found('policy p < obj.a == 1')).toEqual([
    '2:10 XP_OPEN_POLICY: This policy never ends; close it with > behind its expression.',
  ])
})

test('one run finds the mistakes of all policies, in their order', () => {
  expect(found('policy a < obj.id == 1 && not (obj.id != 2) or obj.id < 3 >')).toEqual([
    '2:19 XP_POLICY_SYNTAX: Write = for "==".',
    '2:24 XP_POLICY_SYNTAX: Write & for "&&".',
    '2:39 XP_POLICY_SYNTAX: Write not a = b for "!=".',
    '2:45 XP_POLICY_SYNTAX: Write | for "or".',
    '2:55 XP_POLICY_SYNTAX: Policies know = and in; write a comparison by size as an escape: {{ a < b }}.',
  ])
  expect(found('policy a < & >\npolicy b < obj.id = >\npolicy c < obj.id == 1 >')).toEqual([
    '2:12 XP_POLICY_SYNTAX: Expected a path such as obj.name, a value or "(", found "&".',
    '3:20 XP_POLICY_SYNTAX: Expected a path such as obj.name, a value or "(", found the end of the policy.',
    '4:19 XP_POLICY_SYNTAX: Write = for "==".',
  ])
})

test.each([
  ['(', '('.repeat(100_000)],
  ['not', 'not '.repeat(100_000)],
  ['->', 'obj.id -> '.repeat(100_000)],
  ['exists', 'exists M: '.repeat(100_000)],
])('a policy of a hundred thousand %s is nested too deep', (_, body) => {
  const advice = 'A policy is nested at most 100 deep; move a part of it into a policy of its own.'
  expect(found(`policy p < ${body} obj.id >`)[0]).toContain(`XP_POLICY_TOO_DEEP: ${advice}`)
})

test.each([
  ['a path', (names: string) => `obj${names}.id`],
  ['the link of a sub-policy', (names: string) => `*p(site${names})`],
])('%s has at most 32 names', (_, policy) => {
  const advice =
    'XP_POLICY_TOO_DEEP: A path has at most 32 names; ask a policy about the record in the middle.'
  const [least] = found(`policy p < ${policy('.site'.repeat(32))} >`)
  const [most] = found(`policy p < ${policy('.site'.repeat(100_000))} >`)
  expect([least, most]).toEqual([expect.stringContaining(advice), expect.stringContaining(advice)])
  expect(found(`policy p < ${policy('.site'.repeat(30))} >`)).toEqual([])
})

test.each([
  ['&', 'obj.id & '.repeat(100_000) + 'obj.id'],
  ['|', 'obj.id | '.repeat(100_000) + 'obj.id'],
  ['(', '(obj.id) & '.repeat(100_000) + 'obj.id'],
  ['comments', '/* // */'.repeat(100_000) + 'obj.id'],
  ['escaped quotes', `obj.id | "${'\\"'.repeat(1_000_000)}" = ""`],
])('a policy with a hundred thousand %s is read', (_, body) => {
  expect(found(`policy p < ${body} >`).filter((text) => !text.includes('warning'))).toEqual([])
})

test('any bytes as a policy are read or refused, and nothing else', () => {
  const words =
    'obj ctx.user . .all() True "x" \' 12 -1 not exists forall M : ( ) & | -> = in * p {{ }} len( // /* */ \n'.split(
      ' ',
    )
  const noise = fc.oneof(
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(' ')),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ maxLength: 20 }).map((text) => `{{ ${text} }}`),
  )
  fc.assert(
    fc.property(noise, (body) => {
      for (const line of found(`message M::p { }\npolicy p <${body}>`)) {
        expect(line).toMatch(/^\d+:\d+ (warning )?XP_[A-Z_]+: /)
      }
    }),
    { numRuns: 1000 },
  )
})

const span = { file: 'a.xproto', start: 0, end: 0 }
const identifier = (text: string) => ({ text, span })
const name = fc.constantFrom('obj', 'ctx', 'a', 'b2', '$c', 'Site', 'True_', 'notx', 'inn')
const names = fc.array(name, { minLength: 1, maxLength: 3 })

const term: fc.Arbitrary<PolicyTerm> = fc.oneof(
  fc
    .constantFrom('True', 'False')
    .map((text) => ({ kind: 'literal' as const, value: text === 'True', text, span })),
  fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((number) => {
    const text = number.toFixed(3)
    return { kind: 'literal' as const, value: Number(text), text, span }
  }),
  fc
    .stringMatching(/^[ -!#-=?-[\]-~]*$/)
    .map((value) => ({ kind: 'literal' as const, value, text: `"${value}"`, span })),
  fc.record({
    kind: fc.constant('path' as const),
    names,
    called: fc.boolean(),
    span: fc.constant(span),
  }),
  fc.record({
    kind: fc.constant('sub-policy' as const),
    policy: name.map(identifier),
    link: names.map((parts) => identifier(parts.join('.'))),
    span: fc.constant(span),
  }),
  fc.constantFrom('a', 'b').map((letter) => ({
    kind: 'escape' as const,
    text: `obj.${letter}`,
    expression: { kind: 'path' as const, names: ['obj', letter], span },
    span,
  })),
)

const { expression } = fc.letrec<{ expression: PolicyExpression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    term,
    fc.record({
      kind: fc.constantFrom('equals' as const, 'in' as const),
      left: term,
      right: term,
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      operands: fc.array(tie('expression'), { minLength: 2, maxLength: 3 }),
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constant('implies' as const),
      left: tie('expression'),
      right: tie('expression'),
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constant('not' as const),
      operand: tie('expression'),
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constantFrom('exists' as const, 'forall' as const),
      variable: name.map(identifier),
      body: tie('expression'),
      span: fc.constant(span),
    }),
  ),
}))

/** Reads a policy without looking at what its names mean. */
const read = (body: string) => {
  const source = { file: 'a.xproto', text: `policy p <${body}>` }
  const { statements } = parse(source).tree
  const policy = statements.find((node) => node.kind === 'policy')!
  return policyFrom(policy)
}

test('a printed policy reads back as the same policy, however XOS or we bind quantifiers', () => {
  fc.assert(
    fc.property(expression, (tree) => {
      const text = printPolicy(tree)
      const { expression: again, diagnostics } = read(text)
      expect(diagnostics).toEqual([])
      expect(withoutSpans(again)).toEqual(withoutSpans(tree))
      expect(printPolicy(again!)).toBe(text)
    }),
    { numRuns: 1000 },
  )
})
