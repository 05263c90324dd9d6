import { Mistake, type Cursor } from './cursor.ts'
import { tidyLines } from './lexemes.ts'
import { readOption } from './parse-options.ts'
import { closeBlock, readEntries } from './recovery.ts'
import type { Token } from './scanner.ts'
import type { Span } from './source.ts'
import type { Identifier, UnsupportedConstruct, UnsupportedNode } from './syntax.ts'

/** Reads a construct by its rules and keeps it as it is written; `read` gives its name. */
export const readWhole = (
  cursor: Cursor,
  construct: UnsupportedConstruct,
  read: (keyword: Token) => Identifier | undefined,
): UnsupportedNode => {
  const leading = cursor.startNode()
  const keyword = cursor.advance()
  const name = read(keyword)
  // Comments inside are part of the text.
  cursor.takeInside()
  const span = cursor.spanFrom(keyword.start)
  const text = tidyLines(cursor.source.text.slice(span.start, span.end))
  const comments = cursor.endNode(leading)
  return { kind: 'unsupported', construct, name, text, span, comments }
}

/** The closing brace of a construct, without which the construct is left out. */
export const closeWhole = (cursor: Cursor, block: string, span: Span): void => {
  if (!closeBlock(cursor, block, span)) throw new Mistake()
}

const readImport = (cursor: Cursor): UnsupportedNode =>
  readWhole(cursor, 'import', () => {
    if (cursor.peek().kind !== 'string') cursor.failAtToken('the name of a file as text')
    cursor.advance()
    cursor.endStatement('this import')
    return undefined
  })

const readPackage = (cursor: Cursor): UnsupportedNode =>
  readWhole(cursor, 'package', () => {
    const name = cursor.readDottedName('the name of the package')
    cursor.endStatement(`package ${name.text}`)
    return name
  })

const readExtensions = (cursor: Cursor): UnsupportedNode =>
  readWhole(cursor, 'extensions', () => {
    cursor.readNumber('the first number')
    if (!cursor.isKeyword('to')) cursor.failAtToken('"to"')
    cursor.advance()
    if (cursor.isKeyword('max')) cursor.advance()
    else cursor.readNumber('the last number or "max"')
    cursor.endStatement('these extensions')
    return undefined
  })

const readEnumValue = (cursor: Cursor): void => {
  const name = cursor.readFieldName('the name of a value')
  cursor.expect('=', `and a number after value ${name.text}`)
  cursor.readNumber('the number of the value')
  cursor.endStatement(`value ${name.text}`)
}

const readEnumEntry = (cursor: Cursor): void => {
  if (cursor.isKeyword('option')) readOption(cursor)
  else readEnumValue(cursor)
}

const readEnum = (cursor: Cursor): UnsupportedNode =>
  readWhole(cursor, 'enum', (keyword) => {
    const name = cursor.readName('the name of the enum')
    cursor.expect('{', `to open enum ${name.text}`)
    const startsEntry = () => cursor.peek().firstOnLine && cursor.peek(1).text === '='
    readEntries(cursor, keyword, () => readEnumEntry(cursor), startsEntry)
    closeWhole(cursor, `Enum ${name.text}`, name.span)
    return name
  })

const readModelName = (cursor: Cursor): void => {
  cursor.expect('(', 'around the name of a model')
  cursor.readName('the name of a model')
  cursor.expect(')', 'around the name of a model')
}

const readRpc = (cursor: Cursor): void => {
  if (!cursor.isKeyword('rpc')) cursor.failAtToken('"rpc" or "}"')
  cursor.advance()
  cursor.readName('the name of the call')
  readModelName(cursor)
  if (!cursor.isKeyword('returns')) cursor.failAtToken('"returns"')
  cursor.advance()
  readModelName(cursor)
  const stray = cursor.peek()
  if (cursor.accept(';'))
    cursor.report(cursor.spanOf(stray), 'An rpc is not followed by ";"; remove it.')
}

const readRpcService = (cursor: Cursor): UnsupportedNode =>
  readWhole(cursor, '_service', (keyword) => {
    const name = cursor.readName('the name of the service')
    cursor.expect('{', `to open _service ${name.text}`)
    const startsEntry = () => cursor.isKeyword('rpc')
    readEntries(cursor, keyword, () => readRpc(cursor), startsEntry)
    closeWhole(cursor, `_service ${name.text}`, name.span)
    return name
  })

const readFunction = (cursor: Cursor, construct: 'map' | 'reduce'): UnsupportedNode =>
  readWhole(cursor, construct, () => {
    const name = cursor.readName(`the name of the ${construct}`)
    if (cursor.peek().kind !== 'policy-body') {
      cursor.failAtToken(`the text of the ${construct} between < and >`)
    }
    cursor.advance()
    return name
  })

/** Reads what stands in a file and holds no fields; undefined when something else stands there. */
export const readUnsupportedStatement = (cursor: Cursor): UnsupportedNode | undefined => {
  if (cursor.isKeyword('import')) return readImport(cursor)
  if (cursor.isKeyword('package')) return readPackage(cursor)
  if (cursor.isKeyword('enum')) return readEnum(cursor)
  if (cursor.isKeyword('_service')) return readRpcService(cursor)
  if (cursor.isKeyword('map')) return readFunction(cursor, 'map')
  if (cursor.isKeyword('reduce')) return readFunction(cursor, 'reduce')
  return undefined
}

/** Reads what stands in a message and holds no fields; undefined when something else stands there. */
export const readUnsupportedPart = (cursor: Cursor): UnsupportedNode | undefined => {
  if (cursor.isKeyword('enum')) return readEnum(cursor)
  if (cursor.isKeyword('extensions')) return readExtensions(cursor)
  return undefined
}
