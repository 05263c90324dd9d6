import fc from 'fast-check'
import { parse, print, type FileNode, type MessageNode, type Source } from '#xproto'

type Statement = FileNode['statements'][number]

type Part = MessageNode['parts'][number]

const none = { leading: [], trailing: [] }

const bareOptions = (part: Part): Part =>
  part.kind === 'scalar' || part.kind === 'link'
    ? { ...part, options: part.options.map((option) => ({ ...option, comments: none })) }
    : part

const bare = (statement: Statement): Statement =>
  statement.kind === 'message'
    ? {
        ...statement,
        comments: none,
        closing: [],
        parts: statement.parts.map((part) => ({ ...bareOptions(part), comments: none })),
      }
    : { ...statement, comments: none }

/** The statements of real texts, each by itself, without comments. */
export const statementsOf = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap((source) => {
    const { tree } = parse(source)
    return tree.statements.map((statement) =>
      print({ ...tree, statements: [bare(statement)], closing: [] }),
    )
  })

const tokenPattern = /"(?:\\.|[^"\\\n])*"|<(?:->|[^>])*>|[\w$+][\w$+.]*|-?\d+(?:\.\d+)?|::|->|\S/g

const space = fc.oneof(
  { weight: 6, arbitrary: fc.constant(' ') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('\n', '\r\n', '\n\n', '\r\n\r\n', '\n \n\n', '\t', '\f'),
  },
  fc.constantFrom(
    ' // a\n',
    ' // b \r\n',
    ' /* c */ ',
    ' /* d\r\n  e */',
    '\n/**/\n',
    '\n// "f\n\n',
  ),
)

/** Some of the statements with blanks, line breaks and comments between all words, and as they were. */
export const randomLayout = (
  statements: readonly string[],
): fc.Arbitrary<{ readonly text: string; readonly plain: string }> =>
  fc.array(fc.constantFrom(...statements), { minLength: 1, maxLength: 3 }).chain((chosen) => {
    const tokens = chosen.join('').match(tokenPattern) ?? []
    return fc
      .array(space, { minLength: tokens.length, maxLength: tokens.length })
      .map((spaces) => ({
        text: tokens.map((token, index) => `${spaces[index] ?? ''}${token}`).join(''),
        plain: chosen.join(''),
      }))
  })
