import { errorAt, type Report } from './diagnostics.ts'
import {
  adviceOnName,
  legalName,
  policyBodyAt,
  quotedAt,
  quotesAdvice,
  tidyLines,
  wordEnd,
  wrongQuotesPattern,
} from './lexemes.ts'
import type { Source, Span } from './source.ts'

type Comment = {
  /** With its slashes; lines end in a line feed, and in nothing blank. */
  readonly text: string
  /** Stands behind something else on its line. */
  readonly sameLine: boolean
  /** An empty line stands before it. */
  readonly afterEmptyLine: boolean
}

export type Token = {
  readonly kind: 'name' | 'keyword' | 'number' | 'string' | 'policy-body' | 'punctuation' | 'end'
  /** As written, but without the quotes of a string and the angle brackets of a policy. */
  readonly text: string
  readonly start: number
  /** Exclusive. */
  readonly end: number
  /** Counted from 0. */
  readonly column: number
  readonly firstOnLine: boolean
  /** An empty line stands before it, behind its comments. */
  readonly afterEmptyLine: boolean
  /** Comments between the token before and this one. */
  readonly comments: readonly Comment[]
}

/** Words that cannot name a model or an option; as field names only `message` and `max` can be used. */
const keywords: ReadonlySet<string> = new Set(
  [
    'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64',
    'bool string bytes message required optional repeated enum extensions max extend to package',
    '_service rpc returns true false option import manytoone manytomany onetoone policy map reduce',
  ].flatMap((line) => line.split(' ')),
)

const bodyOwners: ReadonlySet<string> = new Set(['policy', 'map', 'reduce'])

const namePattern = /[A-Za-z_$][\w+$]*/y
const numberPattern = /[+-]?\d+(?:\.\d+)?/y
const punctuationPattern = /::|->|[:/,.=;(){}[\]+]/y
const illegalPattern = /[^\s\w$"'‘’“”„`´#<:;,.=(){}[\]/+-]+/y
const hashLinePattern = /#[^\n]*/y

const noComments: readonly Comment[] = []

/** Splits a text into tokens; the last one is always `end`. Reports what belongs to no token, and skips it. */
export const scan = ({ file, text }: Source, report: Report): readonly Token[] => {
  const tokens: Token[] = []
  let comments: Comment[] = []
  let position = text.startsWith('\uFEFF') ? 1 : 0
  let lineStart = position
  // Line breaks between the last token or comment and `position`; the text begins on a new line.
  let lineBreaks = 1

  const spanTo = (end: number): Span => ({ file, start: position, end })

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position
    return pattern.exec(text)?.[0]
  }

  const moveTo = (end: number): void => {
    const lastBreak = text.slice(position, end).lastIndexOf('\n')
    if (lastBreak !== -1) lineStart = position + lastBreak + 1
    position = end
  }

  const addToken = (kind: Token['kind'], content: string, end: number): void => {
    tokens.push({
      kind,
      text: content,
      start: position,
      end,
      column: position - lineStart,
      firstOnLine: lineBreaks > 0,
      afterEmptyLine: lineBreaks > 1,
      comments: comments.length === 0 ? noComments : comments,
    })
    if (comments.length > 0) comments = []
    lineBreaks = 0
    moveTo(end)
  }

  const addComment = (end: number): void => {
    comments.push({
      text: tidyLines(text.slice(position, end)).trimEnd(),
      sameLine: lineBreaks === 0,
      afterEmptyLine: lineBreaks > 1,
    })
    lineBreaks = 0
    moveTo(end)
  }

  // A carriage return is blank before a line feed only.
  const isBlank = (at: number): boolean => {
    const character = text[at]
    if (character === '\r') return text[at + 1] === '\n'
    return character === ' ' || character === '\n' || character === '\t' || character === '\f'
  }

  const skipBlank = (): boolean => {
    const start = position
    for (; isBlank(position); position += 1) {
      if (text[position] !== '\n') continue
      lineBreaks += 1
      lineStart = position + 1
    }
    return position > start
  }

  const readComment = (): boolean => {
    if (text.startsWith('//', position)) {
      const lineEnd = text.indexOf('\n', position)
      addComment(lineEnd === -1 ? text.length : lineEnd)
      return true
    }
    if (!text.startsWith('/*', position)) return false
    const close = text.indexOf('*/', position + 2)
    if (close === -1) {
      const message = 'This comment never ends; close it with */.'
      report(errorAt('XP_OPEN_COMMENT', spanTo(position + 2), message))
      moveTo(text.length)
    } else {
      addComment(close + 2)
    }
    return true
  }

  const readString = (): boolean => {
    if (text[position] !== '"') return false
    const { content, end, mistake } = quotedAt(text, position)
    if (mistake !== undefined) report(errorAt('XP_OPEN_STRING', spanTo(end), mistake))
    addToken('string', content, end)
    return true
  }

  const readWrongQuotes = (): boolean => {
    const quoted = match(wrongQuotesPattern)
    if (quoted === undefined) return false
    const content = quoted.slice(1, -1)
    const end = position + quoted.length
    // The original skips the quotes: one word between them is still a word, and several are too many.
    const kind = kindOfWord(content)
    const code = kind === undefined ? 'XP_QUOTES' : 'XP_ILLEGAL_CHARACTER'
    report(errorAt(code, spanTo(end), quotesAdvice))
    addToken(kind ?? 'string', content, end)
    return true
  }

  const readPolicyBody = (): boolean => {
    if (text[position] !== '<') return false
    if (!tokens.slice(-2).some(({ kind, text }) => kind === 'keyword' && bodyOwners.has(text))) {
      return false
    }
    const { content, end, mistake } = policyBodyAt(text, position)
    if (mistake !== undefined) {
      report(errorAt(mistake.code, { file, ...mistake.range }, mistake.message))
    }
    addToken('policy-body', content, end)
    return true
  }

  const readName = (): boolean => {
    const name = match(namePattern)
    if (name === undefined) return false
    const end = wordEnd(text, position + name.length)
    const whole = text.slice(position, end)
    if (whole === name) {
      addToken(keywords.has(name) ? 'keyword' : 'name', name, end)
    } else {
      report(errorAt('XP_BAD_NAME', spanTo(end), adviceOnName(whole)))
      addToken('name', legalName(whole), end)
    }
    return true
  }

  const readMark = (): boolean => {
    const number = match(numberPattern)
    if (number !== undefined) {
      addToken('number', number, position + number.length)
      return true
    }
    const punctuation = match(punctuationPattern)
    if (punctuation === undefined) return false
    addToken('punctuation', punctuation, position + punctuation.length)
    return true
  }

  // Words behind it can only be meant as a comment; anything else is read on, as the original does.
  const skipHashComment = (): boolean => {
    const line = match(hashLinePattern)
    if (line === undefined || /[;={}[\]<>]/.test(line) || !/\w/.test(line)) return false
    const message = 'A comment starts with //, not with #.'
    report(errorAt('XP_HASH_COMMENT', spanTo(position + line.trimEnd().length), message))
    moveTo(position + line.length)
    return true
  }

  const skipCommentEnd = (): boolean => {
    if (!text.startsWith('*/', position)) return false
    const message = 'No comment is open here, as comments do not nest; remove this "*/".'
    report(errorAt('XP_SYNTAX', spanTo(position + 2), message))
    moveTo(position + 2)
    return true
  }

  const skipIllegal = (): void => {
    const illegal = match(illegalPattern) ?? String.fromCodePoint(text.codePointAt(position) ?? 0)
    report(errorAt('XP_ILLEGAL_CHARACTER', spanTo(position + illegal.length), adviceOn(illegal)))
    moveTo(position + illegal.length)
  }

  const readToken = (): boolean =>
    readComment() ||
    readString() ||
    readName() ||
    readMark() ||
    readPolicyBody() ||
    readWrongQuotes() ||
    skipHashComment() ||
    skipCommentEnd()

  while (position < text.length) {
    if (!skipBlank() && !readToken()) skipIllegal()
  }
  addToken('end', '', position)
  return tokens
}

const kindOfWord = (text: string): 'name' | 'keyword' | 'number' | undefined => {
  if (keywords.has(text)) return 'keyword'
  if (/^[A-Za-z_$][\w+$]*$/.test(text)) return 'name'
  return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? 'number' : undefined
}

const adviceOn = (illegal: string): string => {
  if (/^['‘’“”„`´]/.test(illegal)) return quotesAdvice
  if (illegal === '#') return 'A comment starts with //, not with #.'
  if (illegal === '\r') return 'A line ends with a line feed; save the text with such line ends.'
  if (illegal.startsWith('<')) {
    return 'Angle brackets only follow the name of a policy; remove this.'
  }
  return `${JSON.stringify(illegal.slice(0, 20))} has no meaning in xproto; remove it.`
}
