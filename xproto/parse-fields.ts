import type { Cursor } from './cursor.ts'
import { readFieldOptions } from './parse-options.ts'
import type { Identifier, LinkNode, Modifier, Multiplicity, ScalarNode } from './syntax.ts'

export const modifierWords: readonly string[] = [
  'required',
  'optional',
  'repeated',
] satisfies Modifier[]

const linkWords = ['manytoone', 'onetoone', 'manytomany'] satisfies Multiplicity[]

const scalarWords =
  'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes'.split(
    ' ',
  )

/** Whether the token at hand is a scalar type or a kind of link. */
export const isTypeWord = (cursor: Cursor): boolean =>
  cursor.isKeyword(...scalarWords) || cursor.isKeyword(...linkWords)

const readModifier = (cursor: Cursor): Modifier => {
  const { text } = cursor.advance()
  return text === 'required' || text === 'repeated' ? text : 'optional'
}

const readMultiplicity = (cursor: Cursor): Multiplicity => {
  const { text } = cursor.advance()
  return text === 'onetoone' || text === 'manytomany' ? text : 'manytoone'
}

/** `::policy`, of a message or a field. */
export const readAttachedPolicy = (cursor: Cursor): Identifier | undefined =>
  cursor.accept('::') ? cursor.readName('the name of a policy') : undefined

type FieldStart = {
  readonly leading: readonly string[]
  readonly start: number
  readonly modifier: Modifier
}

const readTarget = (cursor: Cursor, name: Identifier): Identifier => {
  if (cursor.isPunctuation(':')) {
    const { text } = cursor.peek(1)
    const advice = `The model stands behind an arrow: ${name.text}->${text.slice(0, 40)}.`
    cursor.fail(cursor.spanOf(cursor.peek()), advice)
  }
  cursor.expect('->', `and the model that ${name.text} points at`)
  return cursor.readDottedName('the name of a model')
}

const readLink = (cursor: Cursor, { leading, start, modifier }: FieldStart): LinkNode => {
  const multiplicity = readMultiplicity(cursor)
  const name = cursor.readFieldName('the name of the link')
  const policy = readAttachedPolicy(cursor)
  const target = readTarget(cursor, name)
  const through = cursor.accept('/')
    ? cursor.readDottedName('the name of the join table')
    : undefined
  const peer = cursor.accept(':') ? cursor.readFieldName('the name of the reverse set') : undefined
  cursor.expect('=', `and a number after link ${name.text}`)
  const number = cursor.readNumber('the number of the link')
  const reverseNumber = cursor.accept(':')
    ? cursor.readNumber('the number of the reverse set')
    : undefined
  const options = readFieldOptions(cursor)
  cursor.endStatement(`link ${name.text}`)
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
    span: cursor.spanFrom(start),
    comments: cursor.endNode(leading),
  }
}

// An arrow makes a link, and only three words start one.
const refuseArrow = (cursor: Cursor, type: Identifier): void => {
  if (!cursor.isPunctuation('->')) return
  const advice =
    type.text === 'onetomany'
      ? 'There is no onetomany link; write a manytoone link in the other model, which makes the reverse set here.'
      : `A link starts with manytoone, onetoone or manytomany, not with ${type.text}.`
  cursor.fail(type.span, advice)
}

const refuseReverseNumber = (cursor: Cursor): void => {
  if (!cursor.isPunctuation(':')) return
  const message = 'Only a link has a second number, for its reverse set; remove it.'
  cursor.fail(cursor.spanOf(cursor.peek()), message)
}

const readScalar = (cursor: Cursor, { leading, start, modifier }: FieldStart): ScalarNode => {
  const type = cursor.isKeyword(...scalarWords)
    ? cursor.identifier(cursor.advance())
    : cursor.readDottedName('the type of the field')
  const name = cursor.readFieldName('the name of the field')
  const policy = readAttachedPolicy(cursor)
  refuseArrow(cursor, type)
  cursor.expect('=', `and a number after field ${name.text}`)
  const number = cursor.readNumber('the number of the field')
  refuseReverseNumber(cursor)
  const options = readFieldOptions(cursor)
  cursor.endStatement(`field ${name.text}`)
  const span = cursor.spanFrom(start)
  const comments = cursor.endNode(leading)
  return { kind: 'scalar', modifier, type, name, policy, number, options, span, comments }
}

/** A field or a link of a message. */
export const readField = (cursor: Cursor): ScalarNode | LinkNode => {
  const leading = cursor.startNode()
  const { start } = cursor.peek()
  const modifier = readModifier(cursor)
  return cursor.isKeyword(...linkWords)
    ? readLink(cursor, { leading, start, modifier })
    : readScalar(cursor, { leading, start, modifier })
}
