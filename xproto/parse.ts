import { createCursor, Mistake, type Cursor } from './cursor.ts'
import { createDiagnostics, type Diagnostic, type Report } from './diagnostics.ts'
import { isTypeWord, modifierWords, readAttachedPolicy, readField } from './parse-fields.ts'
import { readOption } from './parse-options.ts'
import {
  closeWhole,
  readUnsupportedPart,
  readUnsupportedStatement,
  readWhole,
} from './parse-unsupported.ts'
import { attempt, closeBlock, readEntries, skipStray, startsStatement } from './recovery.ts'
import type { Token } from './scanner.ts'
import type { Source } from './source.ts'
import type {
  FileNode,
  Identifier,
  MessageNode,
  PartNode,
  PolicyNode,
  StatementNode,
  UnsupportedNode,
} from './syntax.ts'

/** Blocks stand in blocks no deeper than this. */
const maxDepth = 20

/** What people bring along from protobuf, or put in the wrong place, and what to do instead. */
const misplacedInMessage: ReadonlyMap<string, string> = new Map([
  ['oneof', 'There is no oneof; write its fields as optional fields of the message.'],
  ['reserved', 'Numbers are not reserved; remove this.'],
  ['map', 'There are no maps; write a model with a key and a value, and link to it.'],
  ['import', 'An import stands outside of messages, and has no effect; remove it.'],
  ['package', 'A package stands outside of messages, and is not supported; remove it.'],
  ['rpc', 'A call stands in a _service, and is not supported; remove it.'],
])

const misplacedInFile: ReadonlyMap<string, string> = new Map([
  ['syntax', 'There is no syntax line; remove it.'],
  ['service', 'A service is a model that derives from Service: message Name (Service) { }.'],
  ['extensions', 'Extensions stand in a message, and are not supported; remove them.'],
  ...modifierWords.map((word) => [word, 'A field stands in a message; move it into one.'] as const),
])

const failAtMisplaced = (cursor: Cursor, advice: ReadonlyMap<string, string>): void => {
  const token = cursor.peek()
  const message = /^(name|keyword)$/.test(token.kind) ? advice.get(token.text) : undefined
  if (message !== undefined) cursor.fail(cursor.spanOf(token), message)
}

const failAtMissingModifier = (cursor: Cursor): void => {
  const token = cursor.peek()
  const isField =
    isTypeWord(cursor) || (token.kind === 'name' && /^(name|keyword)$/.test(cursor.peek(1).kind))
  if (!isField) return
  const message = `A field starts with required or optional; write one before "${token.text.slice(0, 40)}".`
  cursor.fail(cursor.spanOf(token), message)
}

const readBases = (cursor: Cursor): readonly Identifier[] => {
  const bases: Identifier[] = []
  const { start } = cursor.peek()
  if (!cursor.accept('(')) return bases
  if (cursor.accept(')')) {
    cursor.report(cursor.spanFrom(start), 'Name a base model between the brackets, or remove them.')
    return bases
  }
  do bases.push(cursor.readDottedName('the name of a base model'))
  while (cursor.accept(','))
  cursor.expect(')', 'after the base models')
  return bases
}

const readLatePolicy = (cursor: Cursor, name: Identifier): Identifier | undefined => {
  const token = cursor.peek()
  const policy = readAttachedPolicy(cursor)
  if (policy !== undefined) {
    const message = `The policy stands before the base models: ${name.text}::${policy.text} (...).`
    cursor.report(cursor.spanFrom(token.start), message)
  }
  return policy
}

type Head = {
  readonly name: Identifier | undefined
  readonly policy: Identifier | undefined
  readonly bases: readonly Identifier[]
}

// Up to the brace, which ends the head whatever is wrong with it.
const skipToBody = (cursor: Cursor): void => {
  const isBehind = () =>
    cursor.isEnd() ||
    cursor.isPunctuation(';') ||
    cursor.isPunctuation('}') ||
    (cursor.peek().firstOnLine && cursor.peek().kind === 'keyword')
  while (!isBehind() && !cursor.isPunctuation('{')) cursor.advance()
}

// A mistake in the head costs the head only: the body is still read, for its own mistakes.
const readHead = (cursor: Cursor): Head => {
  let head: Head = { name: undefined, policy: undefined, bases: [] }
  try {
    const name = cursor.readName('the name of the message')
    head = { ...head, name }
    head = { ...head, policy: readAttachedPolicy(cursor) }
    head = { ...head, bases: readBases(cursor) }
    head = { ...head, policy: head.policy ?? readLatePolicy(cursor, name) }
    cursor.expect('{', `to open message ${name.text}`)
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown
    skipToBody(cursor)
    if (!cursor.accept('{')) throw thrown
  }
  return head
}

const refuseDepth = (cursor: Cursor, depth: number): void => {
  if (depth < maxDepth) return
  const message = `Blocks stand in blocks at most ${maxDepth} deep; move this one out.`
  cursor.fail(cursor.spanOf(cursor.peek()), message)
}

const readNestedMessage = (cursor: Cursor, outer: Token, depth: number): UnsupportedNode => {
  refuseDepth(cursor, depth)
  return readWhole(cursor, 'message', (keyword) => {
    const { name = cursor.identifier(keyword) } = readHead(cursor)
    readParts(cursor, outer, depth + 1)
    closeWhole(cursor, `Message ${name.text}`, name.span)
    return name
  })
}

const readExtend = (cursor: Cursor, outer: Token, depth: number): UnsupportedNode => {
  refuseDepth(cursor, depth)
  return readWhole(cursor, 'extend', () => {
    const name = cursor.readName('the name of the message to extend')
    cursor.expect('{', `to open extend ${name.text}`)
    readParts(cursor, outer, depth + 1)
    closeWhole(cursor, `Extend ${name.text}`, name.span)
    return name
  })
}

const readPart = (cursor: Cursor, outer: Token, depth: number): PartNode => {
  if (cursor.isKeyword(...modifierWords)) return readField(cursor)
  if (cursor.isKeyword('option')) return readOption(cursor)
  if (cursor.isKeyword('message')) return readNestedMessage(cursor, outer, depth)
  if (cursor.isKeyword('extend')) return readExtend(cursor, outer, depth)
  const unsupported = readUnsupportedPart(cursor)
  if (unsupported !== undefined) return unsupported
  failAtMisplaced(cursor, misplacedInMessage)
  failAtMissingModifier(cursor)
  return cursor.failAtToken('a field (required, optional), an option or "}"')
}

const partWords = [...modifierWords, 'option', 'enum', 'message', 'extensions', 'extend']

const startsPart = (cursor: Cursor): boolean =>
  cursor.peek().firstOnLine && cursor.isKeyword(...partWords)

const readParts = (cursor: Cursor, outer: Token, depth: number): readonly PartNode[] =>
  readEntries(
    cursor,
    outer,
    () => readPart(cursor, outer, depth),
    () => startsPart(cursor),
  )

const readMessage = (cursor: Cursor): MessageNode | undefined => {
  const leading = cursor.startNode()
  const keyword = cursor.advance()
  const { name, policy, bases } = readHead(cursor)
  const inHead = cursor.takeInside()
  const parts = readParts(cursor, keyword, 0)
  const closing = cursor.isPunctuation('}') ? cursor.takeBefore() : []
  const label = name ?? cursor.identifier(keyword)
  closeBlock(cursor, `Message ${label.text}`, label.span)
  const span = cursor.spanFrom(keyword.start)
  const comments = cursor.endNode([...leading, ...inHead])
  if (name === undefined) return undefined
  return { kind: 'message', name, policy, bases, parts, closing, span, comments }
}

const readPolicy = (cursor: Cursor): PolicyNode => {
  const leading = cursor.startNode()
  const { start } = cursor.advance()
  const name = cursor.readName('the name of the policy')
  if (cursor.peek().kind !== 'policy-body') {
    return cursor.failAtToken('the text of the policy between < and >')
  }
  const body = cursor.identifier(cursor.advance())
  const span = cursor.spanFrom(start)
  return { kind: 'policy', name, body, span, comments: cursor.endNode(leading) }
}

const readStatement = (cursor: Cursor): StatementNode | undefined => {
  if (cursor.isKeyword('message')) return readMessage(cursor)
  if (cursor.isKeyword('policy')) return readPolicy(cursor)
  if (cursor.isKeyword('option')) return readOption(cursor)
  if (cursor.isKeyword('extend')) return readExtend(cursor, cursor.peek(), 0)
  const unsupported = readUnsupportedStatement(cursor)
  if (unsupported !== undefined) return unsupported
  failAtMisplaced(cursor, misplacedInFile)
  return cursor.failAtToken('a message, a policy or an option')
}

const skipStrayBrace = (cursor: Cursor): boolean => {
  const brace = cursor.peek()
  if (!cursor.accept('}')) return false
  cursor.report(cursor.spanOf(brace), 'No message is open here; remove this "}".')
  return true
}

/**
 * Reads one xproto text. What cannot be understood is reported and left out of the tree; reading goes on with
 * the next statement, so that one run finds all mistakes. Never throws.
 */
export const parseInto = (source: Source, report: Report): FileNode => {
  const cursor = createCursor(source, report)
  const statements: StatementNode[] = []
  while (!cursor.isEnd()) {
    if (skipStray(cursor) || skipStrayBrace(cursor)) continue
    const statement = attempt(
      cursor,
      () => readStatement(cursor),
      () => startsStatement(cursor),
    )
    if (statement !== undefined) statements.push(statement)
  }
  const span = { file: source.file, start: 0, end: source.text.length }
  return { kind: 'file', statements, closing: cursor.takeBefore(), span }
}

/** The syntax tree of one text, and its syntax mistakes. */
export const parse = (
  source: Source,
): { readonly tree: FileNode; readonly diagnostics: readonly Diagnostic[] } => {
  const diagnostics = createDiagnostics([source])
  const tree = parseInto(source, diagnostics.report)
  return { tree, diagnostics: diagnostics.inSourceOrder() }
}
