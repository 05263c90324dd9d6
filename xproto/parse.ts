import { errorAt, type Diagnostic, type Report } from './diagnostics.ts'
import { scan, type Token } from './scanner.ts'
import type { Source, Span } from './source.ts'
import type {
  Comments,
  FieldOption,
  FileNode,
  Identifier,
  LinkNode,
  MessageNode,
  Modifier,
  Multiplicity,
  OptionNode,
  PartNode,
  PolicyNode,
  ScalarNode,
  StatementNode,
  UnsupportedNode,
  Value,
} from './syntax.ts'

/** Leaves the statement at hand; the mistake has been reported. Never leaves this file. */
class Mistake extends Error {}

const modifiers: ReadonlySet<string> = new Set<Modifier>(['required', 'optional', 'repeated'])
const linkKinds: ReadonlySet<string> = new Set<Multiplicity>([
  'manytoone',
  'onetoone',
  'manytomany',
])
const unsupportedStatements: ReadonlySet<string> = new Set(
  'import package enum extend _service map reduce'.split(' '),
)
const unsupportedParts: ReadonlySet<string> = new Set('enum message extensions extend'.split(' '))
const scalarTypes: ReadonlySet<string> = new Set(
  (
    'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 ' +
    'bool string bytes'
  ).split(' '),
)

const describe = ({ kind, text }: Token): string => {
  if (kind === 'end') return 'the end of the file'
  if (kind === 'string') return `the text ${JSON.stringify(text.slice(0, 40))}`
  if (kind === 'policy-body') return 'a policy text'
  return `"${text.slice(0, 40)}"`
}

/**
 * Reads one xproto text. What cannot be understood is reported and left out of the tree; reading goes on with
 * the next statement, so that one run finds all mistakes. Never throws.
 */
export const parseInto = (source: Source, report: Report): FileNode => {
  const { file } = source
  const tokens = scan(source, report)
  let index = 0
  // How many comments of the token at hand belong to the node before it.
  let claimed = 0
  // Comments inside the node at hand.
  let collected: string[] = []

  const peek = (): Token => {
    const token = tokens[Math.min(index, tokens.length - 1)]
    if (token === undefined) throw new RangeError('a scanned text always ends with an end token')
    return token
  }
  const previousEnd = (): number => tokens[index - 1]?.end ?? 0
  const spanOf = ({ start, end }: Token): Span => ({ file, start, end })
  const spanFrom = (start: number): Span => ({ file, start, end: previousEnd() })

  const advance = (): Token => {
    const token = peek()
    if (claimed < token.comments.length) {
      collected.push(...token.comments.slice(claimed).map(({ text }) => text))
    }
    claimed = 0
    index += 1
    return token
  }

  const isPunctuation = (text: string): boolean => {
    const token = peek()
    return token.kind === 'punctuation' && token.text === text
  }
  const isKeyword = (text: string): boolean => {
    const token = peek()
    return token.kind === 'keyword' && token.text === text
  }

  const fail = (diagnostic: Diagnostic): never => {
    report(diagnostic)
    throw new Mistake()
  }

  const failAtToken = (expected: string): never => {
    const token = peek()
    return fail(
      errorAt('XP_SYNTAX', spanOf(token), `Expected ${expected}, found ${describe(token)}.`),
    )
  }

  const accept = (text: string): boolean => {
    if (!isPunctuation(text)) return false
    advance()
    return true
  }

  const expect = (text: string, where: string): void => {
    if (accept(text)) return
    // The mistake is behind the last token, not at the next one, which may be lines away.
    const at = previousEnd()
    const message = `Expected "${text}" ${where}, found ${describe(peek())}.`
    fail(errorAt('XP_SYNTAX', { file, start: at, end: at }, message))
  }

  const identifier = (token: Token): Identifier => ({ text: token.text, span: spanOf(token) })

  const readName = (what: string): Identifier => {
    const token = peek()
    if (token.kind === 'name') return identifier(advance())
    if (token.kind === 'keyword') {
      const message = `"${token.text}" is a word of the language and cannot be ${what}; choose another.`
      return fail(errorAt('XP_RESERVED_WORD', spanOf(token), message))
    }
    return failAtToken(what)
  }

  const readFieldName = (what: string): Identifier =>
    isKeyword('message') || isKeyword('max') ? identifier(advance()) : readName(what)

  const readPeer = (): Identifier =>
    isPunctuation('+') ? identifier(advance()) : readFieldName('the name of the reverse set')

  const readDottedName = (what: string): Identifier => {
    const first = readName(what)
    let text = first.text
    while (accept('.')) text += `.${readName(what).text}`
    return { text, span: spanFrom(first.span.start) }
  }

  const readNumber = (what: string): Identifier =>
    peek().kind === 'number' ? identifier(advance()) : failAtToken(what)

  const readValue = (): Value => {
    const { kind, text } = peek()
    if (kind === 'string') return { kind: 'string', ...identifier(advance()) }
    if (kind === 'number') return { kind: 'number', ...identifier(advance()) }
    if (kind === 'name' || text === 'true' || text === 'false') {
      return { kind: 'word', ...identifier(advance()) }
    }
    return failAtToken('a value: "text", a number or a word')
  }

  const readAttachedPolicy = (): Identifier | undefined =>
    accept('::') ? readName('the name of a policy') : undefined

  const readFieldOption = (): FieldOption => {
    const name = readName('the name of an option')
    expect('=', `after the option ${name.text}`)
    const value = readValue()
    return { name, value, span: spanFrom(name.span.start) }
  }

  const readFieldOptions = (): readonly FieldOption[] => {
    const options: FieldOption[] = []
    if (!accept('[') || accept(']')) return options
    do options.push(readFieldOption())
    while (accept(','))
    expect(']', 'after the options of the field')
    return options
  }

  const takeTrailing = (): readonly string[] => {
    const comments = peek().comments.slice(claimed)
    const ownLine = comments.findIndex(({ sameLine }) => !sameLine)
    const trailing = comments.slice(0, ownLine === -1 ? comments.length : ownLine)
    claimed += trailing.length
    return trailing.map(({ text }) => text)
  }

  const takeComments = (): Comments => {
    const leading = collected
    collected = []
    return { leading, trailing: takeTrailing() }
  }

  const readOption = (): OptionNode => {
    const { start } = advance()
    const name = readName('the name of an option')
    expect('=', `after option ${name.text}`)
    const value = readValue()
    expect(';', `after option ${name.text}`)
    return { kind: 'option', name, value, span: spanFrom(start), comments: takeComments() }
  }

  const readModifier = (): Modifier => {
    const { text } = advance()
    return text === 'required' || text === 'repeated' ? text : 'optional'
  }

  const readMultiplicity = (): Multiplicity => {
    const { text } = advance()
    return text === 'onetoone' || text === 'manytomany' ? text : 'manytoone'
  }

  const readLink = (start: number, modifier: Modifier): LinkNode => {
    const multiplicity = readMultiplicity()
    const name = readFieldName('the name of the link')
    const policy = readAttachedPolicy()
    expect('->', `and the model that ${name.text} points at`)
    const target = readDottedName('the name of a model')
    const through = accept('/') ? readDottedName('the name of the join table') : undefined
    const peer = accept(':') ? readPeer() : undefined
    expect('=', `and a number after link ${name.text}`)
    const number = readNumber('the number of the link')
    const reverseNumber = accept(':') ? readNumber('the number of the reverse set') : undefined
    const options = readFieldOptions()
    expect(';', `after link ${name.text}`)
    const span = spanFrom(start)
    return {
      kind: 'link',
      modifier,
      multiplicity,
      name,
      policy,
      target,
      through,
      peer,
      number,
      reverseNumber,
      options,
      span,
      comments: takeComments(),
    }
  }

  const readScalar = (start: number, modifier: Modifier): ScalarNode => {
    const type =
      peek().kind === 'keyword' && scalarTypes.has(peek().text)
        ? identifier(advance())
        : readDottedName('the type of the field')
    const name = readFieldName('the name of the field')
    const policy = readAttachedPolicy()
    expect('=', `and a number after field ${name.text}`)
    const number = readNumber('the number of the field')
    const options = readFieldOptions()
    expect(';', `after field ${name.text}`)
    const span = spanFrom(start)
    const comments = takeComments()
    return { kind: 'scalar', modifier, type, name, policy, number, options, span, comments }
  }

  const readField = (): ScalarNode | LinkNode => {
    const { start } = peek()
    const modifier = readModifier()
    return peek().kind === 'keyword' && linkKinds.has(peek().text)
      ? readLink(start, modifier)
      : readScalar(start, modifier)
  }

  // Skips to the end of the construct: its semicolon, or the brace that closes the first one it opens.
  const skipConstruct = (construct: string): void => {
    let depth = 0
    while (peek().kind !== 'end' && !(depth === 0 && isPunctuation('}'))) {
      const { kind, text } = advance()
      if (kind === 'policy-body') return
      if (kind !== 'punctuation') continue
      if (text === '{') depth += 1
      if (text === '}') depth -= 1
      if (depth === 0 && (text === ';' || text === '}')) return
    }
    expect(depth === 0 ? ';' : '}', `to end this ${construct}`)
  }

  const readUnsupported = (): UnsupportedNode => {
    const { start, text: construct } = advance()
    const leading = [...collected]
    skipConstruct(construct)
    // Comments inside are part of the text already.
    collected = leading
    const span = spanFrom(start)
    const text = source.text.slice(span.start, span.end)
    return { kind: 'unsupported', construct, text, span, comments: takeComments() }
  }

  // `message` no deeper than the message around it, or a policy: the brace before it was forgotten.
  const isNextStatement = (outer: Token): boolean => {
    const { kind, text, column, firstOnLine } = peek()
    if (kind !== 'keyword' || !firstOnLine) return false
    return text === 'policy' || (text === 'message' && column <= outer.column)
  }

  const readPart = (): PartNode => {
    const { kind, text } = peek()
    if (kind === 'keyword' && modifiers.has(text)) return readField()
    if (isKeyword('option')) return readOption()
    if (kind === 'keyword' && unsupportedParts.has(text)) return readUnsupported()
    return failAtToken('a field (required, optional), an option or "}"')
  }

  const startsPart = (): boolean => {
    const { kind, text, firstOnLine } = peek()
    if (kind !== 'keyword' || !firstOnLine) return false
    return modifiers.has(text) || unsupportedParts.has(text) || text === 'option'
  }

  // After a mistake: to behind the next semicolon, or to whatever starts something new.
  const recover = (startsNext: () => boolean, first: number): void => {
    if (index === first) advance()
    while (peek().kind !== 'end' && !startsNext()) {
      if (isPunctuation('}')) return
      if (advance().text === ';' && tokens[index - 1]?.kind === 'punctuation') return
    }
  }

  const attempt = <T>(read: () => T, startsNext: () => boolean): T | undefined => {
    const first = index
    try {
      return read()
    } catch (thrown) {
      if (!(thrown instanceof Mistake)) throw thrown
      recover(startsNext, first)
      return undefined
    }
  }

  const readParts = (outer: Token): readonly PartNode[] => {
    const parts: PartNode[] = []
    while (!isPunctuation('}') && peek().kind !== 'end' && !isNextStatement(outer)) {
      const part = attempt(readPart, () => startsPart() || isNextStatement(outer))
      if (part !== undefined) parts.push(part)
    }
    return parts
  }

  const readBases = (): readonly Identifier[] => {
    const bases: Identifier[] = []
    if (!accept('(')) return bases
    do bases.push(readDottedName('the name of a base model'))
    while (accept(','))
    expect(')', 'after the base models')
    return bases
  }

  const closeMessage = (name: Identifier): void => {
    if (accept('}')) return
    const message = `Message ${name.text} never ends; close it with }.`
    report(errorAt('XP_OPEN_MESSAGE', name.span, message))
  }

  const skipToBody = (): void => {
    while (peek().kind !== 'end' && !peek().firstOnLine && !isPunctuation('{')) advance()
  }

  // A mistake in the head costs the head only: the body is still read, for its own mistakes.
  const readHead = () => {
    const head: {
      name: Identifier | undefined
      policy: Identifier | undefined
      bases: readonly Identifier[]
    } = { name: undefined, policy: undefined, bases: [] }
    try {
      head.name = readName('the name of the message')
      head.policy = readAttachedPolicy()
      head.bases = readBases()
      expect('{', `to open message ${head.name.text}`)
      return { ...head, opened: true }
    } catch (thrown) {
      if (!(thrown instanceof Mistake)) throw thrown
      skipToBody()
      return { ...head, opened: accept('{') }
    }
  }

  const readMessage = (): MessageNode | undefined => {
    const keyword = advance()
    const { name, policy, bases, opened } = readHead()
    if (!opened) throw new Mistake()
    const leading = collected
    collected = []
    const parts = readParts(keyword)
    closeMessage(name ?? identifier(keyword))
    const closing = collected
    collected = []
    const span = spanFrom(keyword.start)
    const comments = { leading, trailing: takeTrailing() }
    if (name === undefined) return undefined
    return { kind: 'message', name, policy, bases, parts, closing, span, comments }
  }

  const readPolicy = (): PolicyNode => {
    const { start } = advance()
    const name = readName('the name of the policy')
    if (peek().kind !== 'policy-body') return failAtToken('the text of the policy between < and >')
    const body = identifier(advance())
    return { kind: 'policy', name, body, span: spanFrom(start), comments: takeComments() }
  }

  const readStatement = (): StatementNode | undefined => {
    const { kind, text } = peek()
    if (isKeyword('message')) return readMessage()
    if (isKeyword('policy')) return readPolicy()
    if (isKeyword('option')) return readOption()
    if (kind === 'keyword' && unsupportedStatements.has(text)) return readUnsupported()
    return failAtToken('a message, a policy or an option')
  }

  const startsStatement = (): boolean => {
    const { kind, text, firstOnLine } = peek()
    if (kind !== 'keyword' || !firstOnLine) return false
    return /^(message|policy|option)$/.test(text) || unsupportedStatements.has(text)
  }

  const readFile = (): FileNode => {
    const statements: StatementNode[] = []
    while (peek().kind !== 'end') {
      const statement = attempt(readStatement, startsStatement)
      if (statement !== undefined) statements.push(statement)
      else accept('}')
    }
    advance()
    const span = { file, start: 0, end: source.text.length }
    return { kind: 'file', statements, closing: collected, span }
  }

  return readFile()
}

/** The syntax tree of one text, and its syntax mistakes. */
export const parse = (
  source: Source,
): { readonly tree: FileNode; readonly diagnostics: readonly Diagnostic[] } => {
  const diagnostics: Diagnostic[] = []
  const tree = parseInto(source, (diagnostic) => diagnostics.push(diagnostic))
  return { tree, diagnostics }
}
