/** The parts of the scanner that know how people mistake one mark for another. */

import type { Diagnostic } from './diagnostics.ts'

/** Words that start a statement of a file. */
export const statementWords: readonly string[] =
  'message policy option import package enum extend _service map reduce'.split(' ')

/** Line feeds only, and nothing blank before them. */
export const tidyLines = (text: string): string =>
  text
    .split('\n')
    .map((line, index, lines) => (index === lines.length - 1 ? line : line.trimEnd()))
    .join('\n')

export const quotesAdvice = 'Text is written between straight double quotes: "text".'

/** Text on one line between quotes of another kind. */
export const wrongQuotesPattern = /['‘’“”„`´][^'‘’“”„`´"\n]*['‘’“”„`´]/y

// The closing quote, or where the search for it ends: at the line break, or at the end of the text.
const closingQuote = (text: string, from: number, acrossLines: boolean): number => {
  let at = from
  while (at < text.length && text[at] !== '"' && (acrossLines || text[at] !== '\n')) {
    // A backslash with nothing behind it would take the closing quote away once there is one.
    const escaped = text[at + 1]
    if (text[at] === '\\' && (escaped === undefined || (escaped === '\n' && !acrossLines))) break
    at += text[at] === '\\' ? 2 : 1
  }
  return at
}

// The quote was forgotten before what ends an option: that still ends it.
const endOfOpen = (text: string, start: number, close: number): number => {
  let end = close
  while (end > start + 1 && /[\s;,\]]/.test(text[end - 1] ?? '') && text[end - 2] !== '\\') end -= 1
  return end
}

const separatorPattern = /[ \t]*[;,\]]/y

type Quoted = {
  /** Without quotes. */
  readonly content: string
  readonly end: number
  readonly mistake: string | undefined
}

/** The string that opens at `start`, which must end on its line. */
export const quotedAt = (text: string, start: number): Quoted => {
  const close = closingQuote(text, start + 1, false)
  const content = text.slice(start + 1, close)
  if (text[close] === '"') return { content, end: close + 1, mistake: undefined }
  // A quote further down that ends an option closes this text; any other opens the next one.
  const later = closingQuote(text, close, true)
  separatorPattern.lastIndex = later + 1
  if (text[later] === '"' && separatorPattern.test(text)) {
    const joined = text.slice(start + 1, later).replaceAll('\n', ' ')
    const mistake = 'A text ends on the line it starts on; join its lines.'
    return { content: joined, end: later + 1, mistake }
  }
  const mistake = 'This text never ends; close it with " on the same line.'
  if (text[close] === '\\') return { content, end: close + 1, mistake }
  const end = endOfOpen(text, start, close)
  return { content: text.slice(start + 1, end), end, mistake }
}

// The first `>` from `from` on that is not part of an arrow.
const angleFrom = (text: string, from: number): number => {
  let at = text.indexOf('>', from)
  while (at !== -1 && text[at - 1] === '-') at = text.indexOf('>', at + 1)
  return at
}

// Behind a policy only a comment, a statement or the end of the text can stand.
const isPolicyEnd = (text: string, close: number): boolean => {
  behindPolicyPattern.lastIndex = close + 1
  return behindPolicyPattern.test(text)
}

const behindPolicyPattern = new RegExp(
  `\\s*(?:$|//|/\\*|;|(?:${statementWords.join('|')})\\b)`,
  'y',
)
const beyondBodyPattern = /[^<>{};"]*/y
const beyondOpenBodyPattern = /[^<>;]*/y

// A text or an escape is still open.
const isCutOff = (body: string): boolean =>
  body.split('"').length % 2 === 0 || body.lastIndexOf('{{') > body.lastIndexOf('}}')

// The next `>` behind a body when nothing but words stands between: it was meant to end the body.
const meantEnd = (text: string, close: number, beyond: RegExp): number | undefined => {
  beyond.lastIndex = close + 1
  const words = beyond.exec(text)?.[0] ?? ''
  const next = close + 1 + words.length
  return text[next] === '>' ? next : undefined
}

type PolicyBody = {
  /** Without angle brackets. */
  readonly content: string
  readonly end: number
  readonly mistake:
    | undefined
    | {
        readonly code: Diagnostic['code']
        readonly range: { readonly start: number; readonly end: number }
        readonly message: string
      }
}

/** The text of a policy that opens at `start`; it ends at the first `>` that is not part of an arrow. */
export const policyBodyAt = (text: string, start: number): PolicyBody => {
  const close = angleFrom(text, start + 1)
  if (close === -1) {
    const message = 'This policy never ends; close it with > behind its expression.'
    const range = { start, end: start + 1 }
    const mistake = { code: 'XP_OPEN_POLICY', range, message } as const
    return { content: text.slice(start + 1), end: text.length, mistake }
  }
  const content = text.slice(start + 1, close)
  const beyond = isCutOff(content) ? beyondOpenBodyPattern : beyondBodyPattern
  let end = close
  while (!isPolicyEnd(text, end)) {
    const next = meantEnd(text, end, beyond)
    if (next === undefined) break
    end = next
  }
  if (end === close) return { content, end: close + 1, mistake: undefined }
  const message =
    'A policy ends at its first ">", wherever it stands; turn a comparison around, with "<".'
  const mistake = { code: 'XP_SYNTAX', range: { start: close, end: close + 1 }, message } as const
  return { content, end: end + 1, mistake }
}

const strangePattern = /[^\s\w$"'‘’“”„`´#<>:;,.=(){}[\]/+]+/y
const restPattern = /[\w+$]+/y

const lengthAt = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0].length ?? 0
}

/** Where a name ends when marks inside it, as a hyphen, are taken for a part of it. */
export const wordEnd = (text: string, nameEnd: number): number => {
  let end = nameEnd
  for (;;) {
    const strange = lengthAt(strangePattern, text, end)
    const rest = strange === 0 ? 0 : lengthAt(restPattern, text, end + strange)
    if (rest === 0) return end
    end += strange + rest
  }
}

/** The nearest name: `a_b` for `a-b`. */
export const legalName = (word: string): string => word.replace(/[^\w+$]+/g, '_')

export const adviceOnName = (word: string): string => {
  const shown = word.slice(0, 40)
  return /^[\w+$-]+$/.test(shown)
    ? `"${shown}" is not a name, as it has a hyphen; write ${legalName(shown)}.`
    : `"${shown}" is not a name; use only the letters a to z, digits and _.`
}
