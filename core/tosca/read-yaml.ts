import { isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'
import { RecipeError } from './recipe-error.ts'

export type Path = readonly (string | number)[]

/** A YAML text: its value, with maps as Map and text keys, and where in the text a part of it stands. */
export type Yaml = {
  readonly value: unknown
  /** ` (line 12, column 7)`; empty when the part came in by an alias. */
  place(path: Path): string
}

const mostAliases = 100
const mistakesShown = 10

const invalid = (reasons: readonly string[]): RecipeError =>
  new RecipeError(`[XOS-TOSCA] The recipe is not valid YAML: ${reasons.join('; ')}`)

const placeOf = (lines: LineCounter, offset: number | undefined): string => {
  if (offset === undefined) return ''
  const { line, col } = lines.linePos(offset)
  return ` (line ${line}, column ${col})`
}

const tooDeep = (thrown: unknown): never => {
  if (thrown instanceof RangeError) throw invalid(['it is nested too deeply'])
  throw thrown
}

/** What the parser itself finds wrong. A tag it does not know would silently become a plain value. */
const syntaxMistakes = ({ errors, warnings }: Document, lines: LineCounter): string[] =>
  [...errors, ...warnings].map(({ message, pos }) => message + placeOf(lines, pos[0]))

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

const parse = (text: string, lines: LineCounter): { document: Document; value: unknown } => {
  const document: Document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  })
  const mistakes = [...syntaxMistakes(document, lines)]
  if (mistakes.length === 0) mistakes.push(...structureMistakes(document, lines))
  if (mistakes.length > 0) throw invalid(mistakes.slice(0, mistakesShown))
  return { document, value: valueOf(document) }
}

const valueOf = (document: Document): unknown => {
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: mostAliases }) as unknown
  } catch (thrown) {
    // An alias without its anchor, or aliases of aliases that unfold into too much.
    if (thrown instanceof ReferenceError) throw invalid([thrown.message])
    throw thrown
  }
}

/**
 * Reads one YAML 1.2 document (core schema). Throws {@link RecipeError} with line and column for what is not
 * YAML, keys given twice, unknown tags, too many aliases, or too deep nesting.
 */
export const readYaml = (text: string): Yaml => {
  const lines = new LineCounter()
  try {
    const { document, value } = parse(text, lines)
    const place = (path: Path): string => {
      const node = document.getIn(path, true)
      return placeOf(lines, isNode(node) ? node.range?.[0] : undefined)
    }
    return { value, place }
  } catch (thrown) {
    return tooDeep(thrown)
  }
}
