import { tidyLines } from './lexemes.ts'
import type {
  Comments,
  FieldOption,
  FileNode,
  LinkNode,
  MessageNode,
  OptionNode,
  PartNode,
  PolicyNode,
  ScalarNode,
  StatementNode,
  Value,
} from './syntax.ts'

const maxWidth = 100

/**
 * One canonical text per tree: reading it back gives the same tree, spans aside. An empty line between two nodes
 * stays; around messages, policies and other blocks of a file there is one in any case.
 */
export const print = ({ statements, closing }: FileNode): string => {
  const isJoined = (index: number): boolean => isOneLine(statements[index])
  const isApart = (index: number): boolean => !isJoined(index) || !isJoined(index - 1)
  return lines(stack([...statements.map(printStatement), closing], isApart))
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('')

const indented = (text: string): string => (text === '' ? '' : `    ${text}`)

const isOneLine = (node: StatementNode | undefined): boolean =>
  node?.kind === 'option' ||
  (node?.kind === 'unsupported' && (node.construct === 'import' || node.construct === 'package'))

// Blocks below each other, with an empty line before each that starts with one, or that is to stand apart.
const stack = (
  blocks: readonly (readonly string[])[],
  isApart: (index: number) => boolean,
): readonly string[] =>
  blocks.flatMap((block, index) => {
    const hasEmptyLine = block[0] === ''
    const content = hasEmptyLine ? block.slice(1) : block
    const needsEmptyLine = index > 0 && content.length > 0 && (hasEmptyLine || isApart(index))
    return needsEmptyLine ? ['', ...content] : content
  })

const isLineComment = (text: string): boolean => text.startsWith('//')

// Comments behind a text stand on its line, up to one that takes the rest of the line.
const withComments = ({ leading, trailing }: Comments, text: string): readonly string[] => {
  const lineEnd = trailing.findIndex(isLineComment)
  const onLine = lineEnd === -1 ? trailing : trailing.slice(0, lineEnd + 1)
  return [...leading, [text, ...onLine].join(' '), ...trailing.slice(onLine.length)]
}

const printStatement = (statement: StatementNode): readonly string[] => {
  switch (statement.kind) {
    case 'message':
      return withComments(statement.comments, printMessage(statement))
    case 'policy':
      return withComments(statement.comments, printPolicy(statement))
    case 'option':
    case 'unsupported':
      return printPart(statement)
  }
}

const printPart = (part: PartNode): readonly string[] => {
  switch (part.kind) {
    case 'option':
      return withComments(part.comments, printOption(part))
    case 'unsupported':
      return withComments(part.comments, part.text)
    case 'scalar':
      return withComments(part.comments, printField(printScalarHead(part), part.options))
    case 'link':
      return withComments(part.comments, printField(printLinkHead(part), part.options))
  }
}

const printMessage = ({ name, policy, bases, parts, closing }: MessageNode): string => {
  const attached = policy === undefined ? '' : `::${policy.text}`
  const derived = bases.length === 0 ? '' : ` (${bases.map(({ text }) => text).join(', ')})`
  const body = stack([...parts.map(printPart), closing], () => false).map(indented)
  return `message ${name.text}${attached}${derived} {\n${lines(body)}}`
}

const printPolicy = ({ name, body }: PolicyNode): string =>
  `policy ${name.text} <${tidyLines(body.text)}>`

const printOption = ({ name, value }: OptionNode): string =>
  `option ${name.text} = ${printValue(value)};`

const printValue = ({ kind, text }: Value): string => (kind === 'string' ? `"${text}"` : text)

const printScalarHead = ({ modifier, type, name, policy, number }: ScalarNode): string => {
  const attached = policy === undefined ? '' : `::${policy.text}`
  return `${modifier} ${type.text} ${name.text}${attached} = ${number.text}`
}

const printLinkHead = (link: LinkNode): string => {
  const { modifier, multiplicity, name, policy, target, through, peer } = link
  const attached = policy === undefined ? '' : `::${policy.text}`
  const joinTable = through === undefined ? '' : `/${through.text}`
  const reverse = peer === undefined ? '' : `:${peer.text}`
  const reverseNumber = link.reverseNumber === undefined ? '' : `:${link.reverseNumber.text}`
  const arrow = `${name.text}${attached}->${target.text}${joinTable}${reverse}`
  return `${modifier} ${multiplicity} ${arrow} = ${link.number.text}${reverseNumber}`
}

const printField = (head: string, options: readonly FieldOption[]): string => {
  if (options.length === 0) return `${head};`
  const texts = options.map(({ name, value }) => `${name.text} = ${printValue(value)}`)
  if (options.some(hasComments)) return printCommentedField(head, options, texts)
  const oneLine = `${head} [${texts.join(', ')}];`
  if (indented(oneLine).length <= maxWidth) return oneLine
  return `${head} [\n${texts.map((text) => indented(indented(text))).join(',\n')}];`
}

const hasComments = ({ comments }: FieldOption): boolean =>
  comments.leading.length > 0 || comments.trailing.length > 0

const printCommentedField = (
  head: string,
  options: readonly FieldOption[],
  texts: readonly string[],
): string => {
  const body = options.flatMap(({ comments }, index) =>
    withComments(comments, `${texts[index]}${index < options.length - 1 ? ',' : ''}`),
  )
  return `${head} [\n${lines(body.map((text) => indented(indented(text))))}${indented('];')}`
}
