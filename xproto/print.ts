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

/** One canonical text per tree: reading it back gives the same tree, spans aside. */
export const print = (file: FileNode): string => {
  const blocks = file.statements.map((statement, index) => {
    const joined = statement.kind === 'option' && file.statements[index - 1]?.kind === 'option'
    return (index === 0 || joined ? '' : '\n') + lines(printStatement(statement))
  })
  const gap = blocks.length > 0 && file.closing.length > 0 ? '\n' : ''
  return blocks.join('') + gap + lines(file.closing)
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('')

const indented = (text: string): string => `    ${text}`

const withComments = ({ leading, trailing }: Comments, text: string): readonly string[] => [
  ...leading,
  [text, ...trailing].join(' '),
]

const printStatement = (statement: StatementNode): readonly string[] =>
  statement.kind === 'message' || statement.kind === 'policy'
    ? withComments(
        statement.comments,
        statement.kind === 'message' ? printMessage(statement) : printPolicy(statement),
      )
    : printPart(statement)

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
  const body = [...parts.flatMap(printPart), ...closing].map(indented)
  return `message ${name.text}${attached}${derived} {\n${lines(body)}}`
}

const printPolicy = ({ name, body }: PolicyNode): string => `policy ${name.text} <${body.text}>`

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
  const oneLine = `${head} [${texts.join(', ')}];`
  if (indented(oneLine).length <= maxWidth) return oneLine
  return `${head} [\n${texts.map((text) => indented(indented(text))).join(',\n')}];`
}
