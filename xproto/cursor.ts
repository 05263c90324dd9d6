import { errorAt, type Diagnostic, type Report } from './diagnostics.ts'
import { scan, type Token } from './scanner.ts'
import type { Source, Span } from './source.ts'
import type { Comments, Identifier } from './syntax.ts'

/** Leaves what is being read; the mistake has been reported. Caught where reading can go on. */
export class Mistake extends Error {}

/** A token as messages name it. */
const describe = ({ kind, text }: Token): string => {
  if (kind === 'end') return 'the end of the file'
  if (kind === 'string') return `the text ${JSON.stringify(text.slice(0, 40))}`
  if (kind === 'policy-body') return 'a policy text'
  return `"${text.slice(0, 40)}"`
}

// Whether each brace has its other one.
const areBalanced = (tokens: readonly Token[]): boolean => {
  let depth = 0
  for (const { kind, text } of tokens) {
    if (kind !== 'punctuation') continue
    if (text === '{') depth += 1
    if (text === '}') depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}

export type Cursor = ReturnType<typeof createCursor>

/** The tokens of one text, read one after the other; it also knows which comments have a home already. */
export const createCursor = (source: Source, reportTo: Report) => {
  const { file } = source
  const tokens = scan(source, reportTo)
  const isBalanced = areBalanced(tokens)
  let index = 0
  // How many comments of the token at hand belong to something before it.
  let claimed = 0
  // Comments behind the start of the node at hand that have no home yet.
  let collected: string[] = []

  /** The token at hand, or one further on; the end token is followed by itself. */
  const peek = (ahead = 0): Token => {
    const token = tokens[Math.min(index + ahead, tokens.length - 1)]
    if (token === undefined) throw new RangeError('a scanned text always ends with an end token')
    return token
  }
  /** The token just read. */
  const previous = (): Token | undefined => tokens[index - 1]
  const previousEnd = (): number => previous()?.end ?? 0
  const spanOf = ({ start, end }: Token): Span => ({ file, start, end })
  /** From a place up to the token just read. */
  const spanFrom = (start: number): Span => ({ file, start, end: previousEnd() })
  const spanOfPrevious = (): Span => spanFrom(previous()?.start ?? 0)

  const advance = (): Token => {
    const token = peek()
    if (token.comments.length > claimed) {
      for (const { text } of token.comments.slice(claimed)) collected.push(text)
    }
    claimed = 0
    index += 1
    return token
  }

  const isPunctuation = (text: string): boolean => {
    const token = peek()
    return token.kind === 'punctuation' && token.text === text
  }
  const isKeyword = (...texts: readonly string[]): boolean => {
    const token = peek()
    return token.kind === 'keyword' && texts.includes(token.text)
  }
  /** Whether the token just read is this punctuation. */
  const isBehind = (text: string): boolean =>
    previous()?.kind === 'punctuation' && previous()?.text === text
  const isEnd = (): boolean => peek().kind === 'end'

  /** Reports a mistake; reading goes on as if it were not there. */
  const report = (span: Span, message: string, code: Diagnostic['code'] = 'XP_SYNTAX'): void => {
    reportTo(errorAt(code, span, message))
  }
  /** Reports a mistake and leaves what is being read. */
  const fail = (span: Span, message: string, code?: Diagnostic['code']): never => {
    report(span, message, code)
    throw new Mistake()
  }
  const failAtToken = (expected: string): never =>
    fail(spanOf(peek()), `Expected ${expected}, found ${describe(peek())}.`)

  const accept = (text: string): boolean => {
    if (!isPunctuation(text)) return false
    advance()
    return true
  }

  // The mistake is behind the last token, not at the next one, which may be lines away.
  const reportMissing = (text: string, where: string): void => {
    const at = previousEnd()
    report({ file, start: at, end: at }, `Expected "${text}" ${where}, found ${describe(peek())}.`)
  }

  const expect = (text: string, where: string): void => {
    if (accept(text)) return
    reportMissing(text, where)
    throw new Mistake()
  }

  /** Reads the semicolon; when it is merely forgotten at the end of a line, what stands before it is kept. */
  const endStatement = (what: string): void => {
    if (accept(';')) return
    reportMissing(';', `after ${what}`)
    if (!peek().firstOnLine && !isPunctuation('}') && !isEnd()) throw new Mistake()
  }

  const identifier = (token: Token): Identifier => ({ text: token.text, span: spanOf(token) })

  const readName = (what: string): Identifier => {
    const token = peek()
    if (token.kind === 'name') return identifier(advance())
    if (token.kind !== 'keyword') return failAtToken(what)
    const message = `"${token.text}" is a word of the language and cannot be ${what}; choose another.`
    return fail(spanOf(token), message, 'XP_RESERVED_WORD')
  }

  const readFieldName = (what: string): Identifier =>
    isKeyword('message', 'max') || isPunctuation('+') ? identifier(advance()) : readName(what)

  const readDottedName = (what: string): Identifier => {
    const first = readName(what)
    const names = [first.text]
    while (accept('.')) names.push(readName(what).text)
    return { text: names.join('.'), span: spanFrom(first.span.start) }
  }

  const readNumber = (what: string): Identifier =>
    peek().kind === 'number' ? identifier(advance()) : failAtToken(what)

  // Comments of the token at hand that nothing has claimed, with the empty lines before them.
  const takeBefore = (): string[] => {
    const texts = collected
    collected = []
    for (const { text, afterEmptyLine } of peek().comments.slice(claimed)) {
      if (afterEmptyLine) texts.push('')
      texts.push(text)
    }
    claimed = peek().comments.length
    return texts
  }

  /** Comments before the node that starts here. */
  const startNode = (): readonly string[] => {
    const leading = takeBefore()
    return peek().afterEmptyLine ? [...leading, ''] : leading
  }

  /** Comments behind the last token, on its line. */
  const takeTrailing = (): readonly string[] => {
    const comments = peek().comments.slice(claimed)
    const ownLine = comments.findIndex(({ sameLine }) => !sameLine)
    const trailing = comments.slice(0, ownLine === -1 ? comments.length : ownLine)
    claimed += trailing.length
    return trailing.map(({ text }) => text)
  }

  /** Comments inside the node at hand, up to here. */
  const takeInside = (): readonly string[] => {
    const inside = collected
    collected = []
    return inside
  }

  /** Hands comments on to what is read next. */
  const leaveInside = (texts: readonly string[]): void => {
    collected = [...texts, ...collected]
  }

  const endNode = (leading: readonly string[]): Comments => ({
    leading: [...leading, ...takeInside()],
    trailing: takeTrailing(),
  })

  return {
    source,
    isBalanced,
    peek,
    previous,
    spanOfPrevious,
    spanOf,
    spanFrom,
    advance,
    isPunctuation,
    isKeyword,
    isBehind,
    isEnd,
    report,
    fail,
    failAtToken,
    accept,
    expect,
    endStatement,
    identifier,
    readName,
    readFieldName,
    readDottedName,
    readNumber,
    takeBefore,
    startNode,
    takeTrailing,
    takeInside,
    leaveInside,
    endNode,
  }
}
