import type { DefaultValue, Field, Model } from '#xproto'

const defaultText = (content: DefaultValue): string => {
  switch (content.kind) {
    case 'now':
      return 'now()'
    case 'named':
      return content.name
    case 'value':
      return JSON.stringify(content.value)
  }
}

const typeOf = (field: Field): string => {
  if (field.kind === 'link') return field.multiplicity === 'manytomany' ? 'int32*' : 'int32'
  return field.format === 'date' ? 'double' : field.type
}

const arrowOf = (field: Field): string[] => {
  if (field.kind === 'scalar') return []
  const reverse = field.multiplicity === 'manytomany' ? '' : `:${field.peer ?? '+'}`
  return [`->${field.target}${reverse}`]
}

const fieldRow = (field: Field): string =>
  [
    `${field.wireNumber} ${typeOf(field)} ${field.wireName}`,
    ...(field.kind === 'scalar' && field.maxLength !== undefined ? [`max=${field.maxLength}`] : []),
    ...arrowOf(field),
    ...(field.role === 'declarative' ? [] : [field.role]),
    ...(field.guiHidden ? ['hidden'] : []),
    ...(field.required ? ['required'] : []),
    ...(field.unique ? ['unique'] : []),
    ...(field.default === undefined ? [] : [`default=${defaultText(field.default)}`]),
    ...(field.kind === 'scalar' && field.choices !== undefined
      ? [`choices=${field.choices.map(({ value }) => value ?? 'None').join('|')}`]
      : []),
  ].join(' ')

/** One line per field and reverse set: `102 int32 owner_id ->Service:service_instances required`. */
export const rowsOf = ({ fields, reverseLinks }: Model): readonly string[] => [
  ...fields.map(fieldRow),
  ...reverseLinks.map(
    ({ wireNumber, wireName, source }) => `${wireNumber} int32* ${wireName} <-${source}`,
  ),
]
