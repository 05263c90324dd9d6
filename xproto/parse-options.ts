import type { Cursor } from './cursor.ts'
import type { FieldOption, Identifier, OptionNode, Value } from './syntax.ts'

const kindOfValue = (cursor: Cursor): Value['kind'] | undefined => {
  const { kind, text } = cursor.peek()
  if (kind === 'string' || kind === 'number') return kind
  return kind === 'name' || text === 'true' || text === 'false' ? 'word' : undefined
}

const failAtValue = (cursor: Cursor, option: string): never => {
  const token = cursor.peek()
  if (token.kind !== 'keyword') return cursor.failAtToken('a value: "text", a number or a word')
  const message = `"${token.text}" is a word of the language; write it as text: ${option} = "${token.text}".`
  return cursor.fail(cursor.spanOf(token), message, 'XP_RESERVED_WORD')
}

// A value is one word; people write more, as if it were a program.
const refuseMore = (cursor: Cursor, value: Value): void => {
  const next = cursor.peek()
  const word = value.text.slice(0, 40)
  const fail = (message: string) => cursor.fail(cursor.spanOf(next), message)
  if (value.kind === 'word' && cursor.isPunctuation('(')) {
    fail(`A call is written as text: "${word}()".`)
  }
  if (value.kind === 'word' && cursor.isPunctuation('.')) {
    fail(`A path is written as text: "${word}.${cursor.peek(1).text.slice(0, 40)}".`)
  }
  if (next.firstOnLine || cursor.peek(1).text === '=') return
  if (value.kind === 'string' && next.kind === 'string') {
    fail('Two texts are not joined; write one.')
  }
  if (value.kind !== 'string' && /^(name|keyword|number)$/.test(next.kind)) {
    fail(`Several words are written as text: "${word} ${next.text.slice(0, 40)}".`)
  }
}

const readValue = (cursor: Cursor, { text, span }: Identifier): Value => {
  if (!cursor.accept('=')) {
    cursor.fail(span, `Option ${text} has no value; write one behind it: ${text} = True.`)
  }
  const kind = kindOfValue(cursor)
  if (kind === undefined) return failAtValue(cursor, text)
  const value = { kind, ...cursor.identifier(cursor.advance()) }
  refuseMore(cursor, value)
  return value
}

/** `option name = value;` of a file or a message. */
export const readOption = (cursor: Cursor): OptionNode => {
  const leading = cursor.startNode()
  const { start } = cursor.advance()
  const name = cursor.readName('the name of an option')
  const value = readValue(cursor, name)
  cursor.endStatement(`option ${name.text}`)
  const span = cursor.spanFrom(start)
  return { kind: 'option', name, value, span, comments: cursor.endNode(leading) }
}

const isLineComment = (text: string): boolean => text.startsWith('//')

// Behind the comma, on its line, unless the next option is there too. What is below stands before that option.
const takeBehindComma = (cursor: Cursor, beforeComma: readonly string[]): readonly string[] => {
  const { firstOnLine, comments } = cursor.peek()
  const isOnLine = !firstOnLine && comments.every(({ sameLine }) => sameLine)
  const behind = isOnLine ? [] : cursor.takeTrailing()
  const trailing = [...beforeComma, ...behind]
  const lineEnd = trailing.findIndex(isLineComment)
  if (lineEnd === -1) return trailing
  cursor.leaveInside(trailing.slice(lineEnd + 1))
  return trailing.slice(0, lineEnd + 1)
}

const readFieldOption = (cursor: Cursor): FieldOption => {
  const name = cursor.readName('the name of an option')
  const value = readValue(cursor, name)
  const span = cursor.spanFrom(name.span.start)
  const leading = cursor.takeInside()
  const behind = cursor.takeBefore().filter((text) => text !== '')
  const trailing = cursor.accept(',') ? takeBehindComma(cursor, behind) : behind
  return { name, value, span, comments: { leading, trailing } }
}

/** The options of a field in their brackets; none when there are no brackets. */
export const readFieldOptions = (cursor: Cursor): readonly FieldOption[] => {
  const options: FieldOption[] = []
  if (!cursor.accept('[')) return options
  const outside = cursor.takeInside()
  let isSeparated = true
  while (isSeparated && !cursor.isPunctuation(']')) {
    options.push(readFieldOption(cursor))
    isSeparated = cursor.isBehind(',')
  }
  if (isSeparated && options.length > 0) {
    const message = 'The last option is not followed by ","; remove it.'
    cursor.report(cursor.spanOfPrevious(), message)
  }
  if (cursor.peek().kind === 'name') cursor.expect(',', 'between two options')
  cursor.expect(']', 'after the options of the field')
  cursor.leaveInside(outside)
  return options
}
