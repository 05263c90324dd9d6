import { expect, test } from 'vitest'
import { compile, render, toGithub, toJson, type Diagnostic } from '#xproto'

const source = {
  file: 'models/a, b.xproto',
  text: 'option app_label = "a";\r\nmessage M {\r\n\toptional int32 f = 2; }\r\nmessage M { }\r\n',
}
const [duplicate] = compile([source]).diagnostics

test('a mistake for other programs has its place in lines and columns', () => {
  expect(toJson(duplicate!, [source])).toEqual({
    code: 'XP_DUPLICATE_MODEL',
    severity: 'error',
    message: 'Model M is already defined; rename or remove this one.',
    file: 'models/a, b.xproto',
    line: 4,
    column: 9,
    endLine: 4,
    endColumn: 10,
    notes: [
      {
        message: 'first defined here',
        file: 'models/a, b.xproto',
        line: 2,
        column: 9,
        endLine: 2,
        endColumn: 10,
      },
    ],
  })
})

const at = (start: number, end: number, text: string): Diagnostic => ({
  code: 'XP_SYNTAX',
  severity: 'warning',
  message: text,
  span: { file: 'a.xproto', start, end },
  notes: [],
})

test.each<readonly [text: string, start: number, end: number, place: readonly number[]]>([
  ['abc', 0, 0, [1, 1, 1, 1]],
  ['abc', 3, 3, [1, 4, 1, 4]],
  ['a\nb', 1, 1, [1, 2, 1, 2]],
  ['a\nb', 2, 3, [2, 1, 2, 2]],
  ['a\n', 2, 2, [2, 1, 2, 1]],
  ['a\r\nb', 3, 4, [2, 1, 2, 2]],
  ['ab\ncd\nef', 1, 7, [1, 2, 3, 2]],
  ['é😀x', 3, 4, [1, 4, 1, 5]],
])('in %j, %i to %i is at %j', (text, start, end, [line, column, endLine, endColumn]) => {
  const diagnostic = at(start, end, '')
  expect(toJson(diagnostic, [{ file: 'a.xproto', text }])).toMatchObject({
    line,
    column,
    endLine,
    endColumn,
  })
})

test('GitHub gets a command on one line, with nothing in it that it would read otherwise', () => {
  expect(toGithub(duplicate!, [source])).toBe(
    '::error file=models/a%2C b.xproto,line=4,endLine=4,col=9,endColumn=10,title=XP_DUPLICATE_MODEL::' +
      'Model M is already defined; rename or remove this one.%0Amodels/a, b.xproto:2:9 first defined here',
  )
  expect(toGithub(at(0, 3, '50%: a,\r\nb'), [{ file: 'a.xproto', text: 'a\nb' }])).toBe(
    '::warning file=a.xproto,line=1,endLine=2,title=XP_SYNTAX::50%25: a,%0D%0Ab',
  )
})

test('on a terminal, the mistake is red, a warning yellow, and what belongs to it blue', () => {
  const escape = '\u001b['
  expect(render(duplicate!, [source], { colour: true }).replaceAll(escape, '<')).toBe(
    `<1mmodels/a, b.xproto:4:9<0m <31;1mXP_DUPLICATE_MODEL<0m: Model M is already defined; rename or remove this one.
    4 | message M { }
      |         <31;1m^<0m
  <1mmodels/a, b.xproto:2:9<0m first defined here
    2 | message M {
      |         <36m^<0m`,
  )
  const warning = render(at(0, 1, 'x'), [{ file: 'a.xproto', text: 'a' }], { colour: true })
  expect(warning).toContain(`${escape}33;1mwarning XP_SYNTAX${escape}0m`)
})

test('a text cannot speak to the terminal it is shown on', () => {
  const text = 'option kind = "\u001b[2J\u0007\u009b"; ?'
  const rendered = render(at(text.length - 1, text.length, 'not \u001b[2J'), [
    { file: 'a.xproto', text },
  ])
  expect(rendered).toBe(
    `a.xproto:1:${text.length} warning XP_SYNTAX: not \uFFFD[2J
    1 | option kind = "\uFFFD[2J\uFFFD\uFFFD"; ?
      | ${' '.repeat(text.length - 1)}^`,
  )
})

test('the thousand mistakes that are told of a long text each have their line', () => {
  const text = 'option kind = 5;\n'.repeat(200_000)
  const long = { file: 'a.xproto', text }
  const { diagnostics } = compile([long])
  const lines = diagnostics.map((diagnostic) => toJson(diagnostic, [long]).line)
  expect(lines).toEqual(Array.from({ length: 1000 }, (_, index) => index + 2))
})
