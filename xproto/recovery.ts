import { Mistake, type Cursor } from './cursor.ts'
import { statementWords } from './lexemes.ts'
import type { Token } from './scanner.ts'
import type { Span } from './source.ts'

/** Whether something new starts at the token at hand. */
export type StartsNext = () => boolean

// Behind the next semicolon or block, or before whatever starts something new.
const recover = (cursor: Cursor, first: Token, startsNext: StartsNext): void => {
  let depth = 0
  while (!cursor.isEnd()) {
    const token = cursor.peek()
    if (token !== first) {
      if (depth === 0 && cursor.isPunctuation('}')) return
      // In a block that may never end, what starts something new stands no deeper than the mistake.
      const isOutside = depth === 0 || (!cursor.isBalanced && token.column <= first.column)
      if (isOutside && startsNext()) return
    }
    cursor.advance()
    if (token.kind !== 'punctuation') continue
    if (token.text === '{') depth += 1
    if (token.text === '}') depth -= 1
    if (depth <= 0 && (token.text === ';' || token.text === '}')) return
  }
}

/** What `read` reads, or undefined behind a mistake, with the cursor where reading can go on. */
export const attempt = <T>(
  cursor: Cursor,
  read: () => T,
  startsNext: StartsNext,
): T | undefined => {
  const first = cursor.peek()
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown
    recover(cursor, first, startsNext)
    return undefined
  }
}

/** A word that starts a statement stands first on its line. */
export const startsStatement = (cursor: Cursor): boolean =>
  cursor.peek().firstOnLine && cursor.isKeyword(...statementWords)

/** Where a brace is missing: a policy, or `message` no deeper than the block around it, is the next statement. */
const startsNextStatement = (cursor: Cursor, outer: Token): boolean => {
  const { column, firstOnLine } = cursor.peek()
  if (cursor.isBalanced || !firstOnLine) return false
  if (cursor.isKeyword('policy')) return true
  return cursor.isKeyword('message') && column <= outer.column && cursor.peek(1).text !== '='
}

const adviceOnStray = (before: Token | undefined): string => {
  if (before?.kind === 'policy-body') return 'A policy is not followed by ";"; remove it.'
  if (before?.text === '}') return 'A closing brace is not followed by ";"; remove it.'
  return 'There is nothing to end here; remove this ";".'
}

/** Reports a semicolon where none belongs, and reads on behind it. */
export const skipStray = (cursor: Cursor): boolean => {
  const before = cursor.previous()
  if (!cursor.accept(';')) return false
  cursor.report(cursor.spanOfPrevious(), adviceOnStray(before))
  return true
}

/** All that stands between the braces of a block; the cursor stops at the closing one, or where it is missing. */
export const readEntries = <T>(
  cursor: Cursor,
  outer: Token,
  read: () => T,
  startsEntry: StartsNext,
): readonly T[] => {
  const entries: T[] = []
  const isNext = (): boolean => startsNextStatement(cursor, outer)
  while (!cursor.isPunctuation('}') && !cursor.isEnd() && !isNext()) {
    if (skipStray(cursor)) continue
    const entry = attempt(cursor, read, () => startsEntry() || isNext())
    if (entry !== undefined) entries.push(entry)
  }
  return entries
}

/** Reads the closing brace; when there is none, says so at the name of the block. */
export const closeBlock = (cursor: Cursor, block: string, span: Span): boolean => {
  if (cursor.accept('}')) return true
  cursor.report(span, `${block} never ends; close it with }.`, 'XP_OPEN_BLOCK')
  return false
}
