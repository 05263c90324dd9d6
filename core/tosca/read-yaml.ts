import {
  Composer,
  isNode,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  visit,
  type CST,
  type Document,
} from 'yaml'
import { isDeeper } from '../http/depth.ts'
import { RecipeError } from './recipe-error.ts'

export type Path = readonly (string | number)[]

/** A YAML text: its value, with maps as Map and text keys, and where in the text a part of it stands. */
export type Yaml = {
  readonly value: unknown
  /** ` (line 12, column 7)`; empty when the part came in by an alias. */
  place(path: Path): string
}

const mostAliases = 100
const mostLevels = 64
// Some ten times what the largest recipe needs; a second of work.
const mostLexemes = 200_000
const mistakesShown = 10

const invalid = (reasons: readonly string[]): RecipeError =>
  new RecipeError(`[XOS-TOSCA] The recipe is not valid YAML: ${reasons.join('; ')}`)

const placeOf = (lines: LineCounter, offset: number | undefined): string => {
  if (offset === undefined) return ''
  const { line, col } = lines.linePos(offset)
  return ` (line ${line}, column ${col})`
}

/** What the parser itself finds wrong. A tag it does not know would silently become a plain value. */
const syntaxMistakes = ({ errors, warnings }: Document, lines: LineCounter): string[] =>
  [...errors, ...warnings]
    .slice(0, mistakesShown)
    .map(({ message, pos }) => message + placeOf(lines, pos[0]))

/**
 * Keys given twice, and too many aliases. Checked here and not by the parser, which compares every key with every
 * other one and looks for each alias from the start: a large text would take minutes.
 */
const structureMistakes = (document: Document, lines: LineCounter): string[] => {
  const mistakes: string[] = []
  let aliases = 0
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) {
          mistakes.push(
            `key "${String(key.value)}" is given twice${placeOf(lines, key.range?.[0])}`,
          )
        }
        seen.add(key.value)
      }
    },
    Alias(_key, { range }) {
      aliases += 1
      if (aliases !== mostAliases + 1) return
      mistakes.push(`it has more than ${mostAliases} aliases${placeOf(lines, range?.[0])}`)
    },
  })
  return mistakes
}

const escape = /\\(?:["\\/ \t\r\n0abefnrtvNLP_]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})/g

/** What would cost the parser out of proportion; undefined when nothing does. */
const excess = (lexeme: string, count: number, levels: number): string | undefined => {
  // Documents are composed by a function that calls itself for each level: V8 does not survive every exhausted stack.
  if (levels > mostLevels) return `Expected at most ${mostLevels} levels of nesting`
  if (count > mostLexemes) return 'the recipe is too long; split it'
  // The parser makes an error object of each, and there is room for half a million.
  return lexeme.startsWith('"') && lexeme.replace(escape, '').includes('\\')
    ? 'unknown escape sequence in a double-quoted text'
    : undefined
}

/** The tokens of the text, up to the first one that would be too much. */
function* boundedTokens(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    const start = parser.offset
    yield* parser.next(lexeme)
    count += 1
    const problem = excess(lexeme, count, parser.stack.length)
    if (problem !== undefined) throw invalid([problem + placeOf(lines, start)])
  }
  yield* parser.end()
}

const compose = (text: string, lines: LineCounter): Document => {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    uniqueKeys: false,
  })
  const [document, second] = composer.compose(boundedTokens(text, lines), true, text.length)
  if (document === undefined) throw invalid(['it has no document'])
  if (second === undefined) return document
  throw invalid([`Expected one document, got a second one${placeOf(lines, second.range[0])}`])
}

const unfolded = (document: Document): unknown => {
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: mostAliases }) as unknown
  } catch (thrown) {
    // An alias without its anchor, or aliases of aliases that unfold into too much.
    if (thrown instanceof ReferenceError) throw invalid([thrown.message])
    throw thrown
  }
}

const valueOf = (document: Document): unknown => {
  const value = unfolded(document)
  if (isDeeper(value, mostLevels)) throw invalid(['an alias stands within its own anchor'])
  return value
}

/**
 * Reads one YAML 1.2 document (core schema). Throws {@link RecipeError} with line and column for what is not
 * YAML, keys given twice, unknown tags, too many aliases, or too deep nesting.
 */
export const readYaml = (text: string): Yaml => {
  const lines = new LineCounter()
  const document = compose(text, lines)
  const syntax = syntaxMistakes(document, lines)
  const mistakes = syntax.length > 0 ? syntax : structureMistakes(document, lines)
  if (mistakes.length > 0) throw invalid(mistakes.slice(0, mistakesShown))
  return {
    value: valueOf(document),
    place(path) {
      const node = document.getIn(path, true)
      return placeOf(lines, isNode(node) ? node.range?.[0] : undefined)
    },
  }
}
