import { errorAt, type Report } from './diagnostics.ts'
import type { Source, Span } from './source.ts'

type Comment = {
  readonly text: string
  /** Stands behind something else on its line. */
  readonly sameLine: boolean
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
const blankPattern = /[ \t\f\r\n]+/y
const illegalPattern = /[^\s\w$"/:;,.=(){}[\]+-]+/y

const noComments: readonly Comment[] = []

/** Splits a text into tokens; the last one is always `end`. Reports what belongs to no token, and skips it. */
export const scan = ({ file, text }: Source, report: Report): readonly Token[] => {
  const tokens: Token[] = []
  let comments: Comment[] = []
  let position = text.startsWith('\uFEFF') ? 1 : 0
  let lineStart = position
  // Whether a line break stands between the last token or comment and `position`.
  let onNewLine = true

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
      firstOnLine: onNewLine,
      comments: comments.length === 0 ? noComments : comments,
    })
    if (comments.length > 0) comments = []
    onNewLine = false
    moveTo(end)
  }

  const addComment = (end: number): void => {
    comments.push({ text: text.slice(position, end).trimEnd(), sameLine: !onNewLine })
    onNewLine = false
    moveTo(end)
  }

  const skipBlank = (): boolean => {
    const blank = match(blankPattern)
    if (blank === undefined) return false
    if (blank.includes('\n')) onNewLine = true
    moveTo(position + blank.length)
    return true
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
    let end = position + 1
    while (end < text.length && text[end] !== '"' && text[end] !== '\n') {
      end += text[end] === '\\' && text[end + 1] !== '\n' ? 2 : 1
    }
    end = Math.min(end, text.length)
    const content = text.slice(position + 1, end)
    if (text[end] !== '"') {
      const message = 'This text never ends; close it with " on the same line.'
      report(errorAt('XP_OPEN_STRING', spanTo(end), message))
      addToken('string', content, end)
    } else {
      addToken('string', content, end + 1)
    }
    return true
  }

  // A body ends at the first `>` that is not part of an arrow.
  const bodyEnd = (): number => {
    let end = text.indexOf('>', position + 1)
    while (end !== -1 && text[end - 1] === '-') end = text.indexOf('>', end + 1)
    return end
  }

  const readPolicyBody = (): boolean => {
    if (text[position] !== '<' || !bodyOwners.has(tokens.at(-2)?.text ?? '')) return false
    const end = bodyEnd()
    if (end === -1) {
      const message = 'This policy never ends; close it with > behind its expression.'
      report(errorAt('XP_OPEN_POLICY', spanTo(position + 1), message))
      addToken('policy-body', text.slice(position + 1), text.length)
    } else {
      addToken('policy-body', text.slice(position + 1, end), end + 1)
    }
    return true
  }

  const readWord = (): boolean => {
    const name = match(namePattern)
    if (name !== undefined) {
      addToken(keywords.has(name) ? 'keyword' : 'name', name, position + name.length)
      return true
    }
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

  const skipIllegal = (): void => {
    const illegal = match(illegalPattern) ?? String.fromCodePoint(text.codePointAt(position) ?? 0)
    report(errorAt('XP_ILLEGAL_CHARACTER', spanTo(position + illegal.length), adviceOn(illegal)))
    moveTo(position + illegal.length)
  }

  while (position < text.length) {
    if (skipBlank() || readComment() || readString() || readWord() || readPolicyBody()) continue
    skipIllegal()
  }
  addToken('end', '', position)
  return tokens
}

const adviceOn = (illegal: string): string => {
  if (/^['‘’“”`]/.test(illegal)) return 'Text is written between straight double quotes: "text".'
  if (illegal.startsWith('#')) return 'A comment starts with //, not with #.'
  if (illegal.startsWith('<'))
    return 'Angle brackets only follow the name of a policy; remove this.'
  return `${JSON.stringify(illegal.slice(0, 20))} has no meaning in xproto; remove it.`
}
