import fc from 'fast-check'
import { print, type FileNode, type MessageNode } from '#xproto'

const span = { file: 'a.xproto', start: 0, end: 0 }
const noSpan = fc.constant(span)
const identifier = (text: string) => ({ text, span })
const kind = <K extends string>(text: K) => fc.constant<K>(text)
const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const name = fc.stringMatching(/^[A-Z][A-Za-z0-9_$]{0,9}\+?$/).map(identifier)
const dottedName = fc.stringMatching(/^[A-Z]\w{0,5}(\.[A-Z]\w{0,5}){0,2}$/).map(identifier)
const fieldName = fc.oneof(
  name,
  fc.constantFrom('max', 'message', '+', 'service', 'toString', '__proto__').map(identifier),
)
const number = fc.stringMatching(/^[+-]?[0-9]{1,4}(\.[0-9]{1,3})?$/).map(identifier)

const value = fc.oneof(
  fc.record({
    kind: kind('string'),
    text: fc
      .string({ unit: 'grapheme' })
      .map((text) => text.replace(/[\\"\n]/g, '\\$&').replace(/\n/g, 'n')),
    span: noSpan,
  }),
  fc.record({ kind: kind('number'), text: number.map(({ text }) => text), span: noSpan }),
  fc.record({
    kind: kind('word'),
    text: fc.oneof(
      fc.constantFrom('True', 'true', 'false'),
      name.map(({ text }) => text),
    ),
    span: noSpan,
  }),
)

const lineComment = fc.stringMatching(/^\/\/[ -~]{0,12}$/).map((text) => text.trimEnd())
const blockComment = fc
  .stringMatching(/^\/\*[\n !-)+-.0-~]{0,12}\*\/$/)
  .map((text) => text.replace(/ +\n/g, '\n'))
const comment = fc.oneof(lineComment, blockComment)

// Comments with an empty line here and there, but never two.
const spaced = fc
  .array(fc.oneof(comment, fc.constant('')), { maxLength: 4 })
  .map((texts) => texts.filter((text, index) => text !== '' || texts[index - 1] !== ''))
const closing = spaced.map((texts) => (texts.at(-1) === '' ? texts.slice(0, -1) : texts))

const behind = fc
  .tuple(fc.array(blockComment, { maxLength: 1 }), fc.array(lineComment, { maxLength: 1 }))
  .map((parts) => parts.flat())
const comments = fc.record({ leading: spaced, trailing: behind })

const option = fc.record({ kind: kind('option'), name, value, comments, span: noSpan })

const fieldOption = fc.record({
  name,
  value,
  comments: fc.oneof(
    fc.constant({ leading: [], trailing: [] }),
    fc.record({ leading: fc.array(comment, { maxLength: 2 }), trailing: behind }),
  ),
  span: noSpan,
})

/** The last option has all comments up to the bracket. */
const fieldOptions = fc
  .tuple(fc.array(fieldOption, { maxLength: 4 }), fc.array(comment, { maxLength: 2 }))
  .map(([options, more]) =>
    options.map((one, index) =>
      index < options.length - 1
        ? one
        : {
            ...one,
            comments: { ...one.comments, trailing: [...one.comments.trailing, ...more] },
          },
    ),
  )

const fieldParts = {
  modifier: fc.constantFrom('required' as const, 'optional' as const, 'repeated' as const),
  name: fieldName,
  policy: perhaps(name),
  number,
  options: fieldOptions,
  comments,
  span: noSpan,
}
const scalar = fc.record({
  kind: kind('scalar'),
  type: fc.oneof(fc.constantFrom('string', 'bool', 'int32', 'float').map(identifier), dottedName),
  ...fieldParts,
})
const link = fc.record({
  kind: kind('link'),
  multiplicity: fc.constantFrom('manytoone' as const, 'onetoone' as const, 'manytomany' as const),
  target: dottedName,
  through: perhaps(dottedName),
  peer: perhaps(fieldName),
  reverseNumber: perhaps(number),
  ...fieldParts,
})

const unsupported = <
  C extends
    'import' | 'package' | 'enum' | 'message' | 'extensions' | 'extend' | '_service' | 'map',
>(
  construct: C,
  named: fc.Arbitrary<{ readonly text: string; readonly name?: string }>,
) =>
  fc.tuple(named, comments).map(([node, around]) => ({
    kind: 'unsupported' as const,
    construct,
    name: node.name === undefined ? undefined : identifier(node.name),
    text: node.text,
    comments: around,
    span,
  }))

const enumNode = unsupported(
  'enum',
  fc
    .tuple(name, fc.array(fc.tuple(fieldName, number, comment), { maxLength: 3 }))
    .map(([{ text }, values]) => ({
      name: text,
      text: `enum ${text} {${values.map(([value, at, note]) => `\n  ${note}\n  ${value.text} = ${at.text};`).join('')}\n}`,
    })),
)
const extensions = unsupported(
  'extensions',
  fc.constantFrom({ text: 'extensions 100 to max;' }, { text: 'extensions 4\n  to 9;' }),
)

const messageOf = (part: fc.Arbitrary<MessageNode['parts'][number]>): fc.Arbitrary<MessageNode> =>
  fc.record({
    kind: kind('message'),
    name,
    policy: perhaps(name),
    bases: fc.array(dottedName, { maxLength: 3 }),
    parts: fc.array(part, { maxLength: 5 }),
    comments,
    closing,
    span: noSpan,
  })

/** As it is printed, without the comments around it. */
const textOf = (message: MessageNode): string =>
  print({
    kind: 'file',
    statements: [{ ...message, comments: { leading: [], trailing: [] } }],
    closing: [],
    span,
  }).trimEnd()

const inner = messageOf(fc.oneof(option, scalar, link, enumNode, extensions))
const nested = unsupported(
  'message',
  inner.map((message) => ({ name: message.name.text, text: textOf(message) })),
)
const extend = unsupported(
  'extend',
  inner.map((message) => ({
    name: message.name.text,
    text: textOf({ ...message, policy: undefined, bases: [] }).replace('message', 'extend'),
  })),
)

const message = messageOf(fc.oneof(option, scalar, link, enumNode, extensions, nested, extend))

const policy = fc.record({
  kind: kind('policy'),
  name,
  body: fc
    .stringMatching(/^[\n -;=?-~]{0,30}$/)
    .map((text) => identifier(`${text} -> x`.replace(/ +\n/g, '\n'))),
  comments,
  span: noSpan,
})

const otherStatement = fc.oneof(
  unsupported('import', fc.constant({ text: 'import "core.xproto";' })),
  unsupported('package', fc.constant({ name: 'a.b', text: 'package a . b;' })),
  unsupported(
    '_service',
    fc.constant({ name: 'S', text: '_service S { // two\n  rpc A (B) returns (C)\n}' }),
  ),
  unsupported('map', fc.constant({ name: 'm', text: 'map m <lambda x: x>' })),
  enumNode,
  extend,
)

/** Any tree, with comments in every place that has some, and with empty lines among them. */
export const randomFile: fc.Arbitrary<FileNode> = fc.record({
  kind: kind('file'),
  statements: fc.array(fc.oneof(option, message, policy, otherStatement), { maxLength: 4 }),
  closing,
  span: noSpan,
})
