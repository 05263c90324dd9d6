import { expect, test } from 'vitest'
import { compile, createPolicyEvaluator } from '#xproto'
import { found } from './found.ts'
import { createWorld } from './world.ts'

const models = `
message Site { optional string login_base = 2 [text = True]; }
message Slice {
  optional string name = 2 [text = True]; optional int32 size = 3; optional bool open = 5 [default = False];
  optional manytoone site->Site:slices = 4:1001; optional manytoone twin->Site:+ = 6;
}`

const world = {
  Site: [{ id: 1, login_base: 'mysite' }],
  Slice: [{ id: 1, name: 'mysite_web', size: 3, open: true, site: 1, twin: null }],
}

/** What an escape says about slice 1. */
const said = async (escape: string): Promise<boolean> => {
  const text = `option app_label = "a";\npolicy p < {{ ${escape} }} >${models}`
  const { schema, diagnostics } = compile([{ file: 'a.xproto', text }])
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const { port, record } = createWorld(schema!, world)
  const evaluator = createPolicyEvaluator(schema!)
  return await evaluator.evaluate('p', record('Slice', 1), { user: null, access: 'read' }, port)
}

test.each([
  // the three that real services use
  [`' ' not in obj.name`, true],
  [`len(obj.site.login_base) + 1 < len(obj.name) and ' ' not in obj.name`, true],
  [`obj.name.startswith(obj.site.login_base)`, true],
  // values
  [`obj.name`, true],
  [`obj.twin`, false],
  [`obj.site`, true],
  [`''`, false],
  [`0`, false],
  [`-1`, true],
  [`None`, false],
  [`True`, true],
  [`False`, false],
  // texts
  [`"it's" == 'it\\'s'`, true],
  [`'a' + "b" == 'ab'`, true],
  [`obj.name == 'mysite_web'`, true],
  [`obj.name.upper() == 'MYSITE_WEB'`, true],
  [`'AB'.lower() == 'ab'`, true],
  [`' a '.strip() == 'a'`, true],
  [`obj.name.strip().upper().endswith('WEB')`, true],
  [`'site_' in obj.name`, true],
  [`'é😀' in '-é😀-' and len('é😀') == 2`, true],
  [`'a' < 'b'`, true],
  // numbers
  [`obj.size + 1 - 2 == 2`, true],
  [`obj.size - 1 - 1 == 1`, true],
  [`obj.size < 3`, false],
  [`obj.size <= 3`, true],
  // how tight the words bind
  [`True or False and False`, true],
  [`not False and False`, false],
  [`not (False and False)`, true],
  [`not 1 == 2`, true],
  [`(1 + 2) == 3 and 1 != 2`, true],
  [`False or 'a' == 'a'`, true],
  // null, where Python would stop
  [`obj.twin is None`, true],
  [`obj.twin is not None`, false],
  [`obj.site is None`, false],
  [`obj.twin == None`, true],
  [`obj.site != None`, true],
  [`obj.site == obj.site`, true],
  [`obj.site == obj.twin`, false],
  [`None == obj.twin`, true],
  [`None == None`, true],
  // null equals nothing else, as in the rest of the language: nobody asks, and nobody is the twin
  [`obj.twin == ctx.user`, false],
  [`obj.twin.id == ctx.user.id`, false],
  [`obj.twin != ctx.user`, true],
  [`obj.twin.login_base == obj.twin.login_base`, false],
  [`obj.twin.login_base is None`, true],
  [`len(obj.twin.login_base) < 1`, false],
  [`obj.name.startswith(obj.twin.login_base)`, false],
  [`obj.twin.login_base.startswith('a')`, false],
  [`'a' in obj.twin.login_base`, false],
  [`'a' not in obj.twin.login_base`, true],
  [`obj.twin.login_base + 'a' is None`, true],
  [`obj.twin.login_base.lower() is None`, true],
  // types that do not go together
  [`obj.name < 3`, false],
  [`obj.name == 3`, false],
  [`obj.name + 3 is None`, true],
  [`len(obj.size) is None`, true],
  [`'3' in obj.size`, false],
  // who asks
  [`ctx.user is None and ctx.read_access and not ctx.write_access`, true],
])('{{ %s }} is %s', async (escape, expected) => {
  expect(await said(escape)).toBe(expected)
})

const refused = 'An escape holds texts, whole numbers,'

test.each([
  ['', 'the end'],
  ['obj.name[0]', '"["'],
  ['obj.name if True else 1', '"if"'],
  ['lambda x: x', '"lambda"'],
  ['__import__("os")', '"__import__"'],
  ['open("/etc/passwd")', '"open"'],
  ['obj.name.__class__()', '"__class__"'],
  ['obj.name.format(1)', '"format"'],
  ['obj.name.startswith()', '")"'],
  ['len(obj.name, 1)', '","'],
  ['len obj.name', '"len"'],
  ['obj.size * 2', '"*"'],
  ['1.5', '"1.5"'],
  ['0x1f', '"0x1f"'],
  ['1 < 2 < 3', '"<"'],
  ['obj.size is 3', '"is"'],
  ['f"{obj.name}"', '"\\"{obj.name}\\""'],
  ['(1', 'the end'],
  ['"open', '"\\""'],
  ['obj.', 'the end'],
  ['1; 2', '";"'],
  ['{obj.name}', '"{"'],
])('{{ %s }} is refused', (escape, culprit) => {
  const [problem = '', ...more] = found(`policy p < {{ ${escape} }} >`)
  expect(more).toEqual([])
  expect(problem).toContain(`XP_POLICY_ESCAPE: ${refused}`)
  expect(problem.endsWith(`; found ${culprit}.`)).toBe(true)
})

test('a mistake in an escape is shown where it is', () => {
  expect(found('policy p < obj.id | {{  obj.size * 2 }} >')[0]).toMatch(/^2:34 XP_POLICY_ESCAPE/)
})

test.each([
  ['parentheses', '('.repeat(400) + '1' + ')'.repeat(400)],
  ['not', 'not '.repeat(200) + '1'],
  ['characters', `'${'a'.repeat(2000)}'`],
])('an escape with very many %s is refused', (_, escape) => {
  expect(found(`policy p < {{ ${escape} }} >`)).toEqual([
    '2:15 XP_POLICY_ESCAPE: An escape has at most 1000 characters, nested at most 50 deep; write this as a policy.',
  ])
})
