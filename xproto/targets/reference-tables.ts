import type { DefaultValue, Field, LinkField, Model, ReverseLink, ScalarField } from '../schema.ts'
import { code, joined, words, type Block, type Line } from './reference-page.ts'

/** A line that names a model, and leads to it when it is on the page. */
export type NameModel = (name: string) => Line

const formats = {
  date: 'seconds since 1970',
  url: 'a URL',
  ip: 'an IP address',
  email: 'an e-mail address',
  stripped: 'blanks around it are cut off',
} as const

const typeLine = ({ type, format, text }: ScalarField): Line => {
  if (format !== undefined) {
    return [...code(format === 'date' ? 'date' : type), ...words(`: ${formats[format]}`)]
  }
  return text ? [...code(type), ...words(': any length')] : code(type)
}

const defaultText = (content: DefaultValue): string => {
  switch (content.kind) {
    case 'now':
      return 'now()'
    case 'named':
      return content.call ? `${content.name}()` : content.name
    case 'value':
      return JSON.stringify(content.value)
  }
}

const defaultLine = (field: Field): Line => {
  if (field.kind === 'scalar' && field.setOnCreate) return words('time of creation')
  return field.default === undefined ? [] : code(defaultText(field.default))
}

const choicesLine = ({ choices = [] }: ScalarField): Line =>
  joined(choices.map(({ value, label }) => [...code(value ?? 'null'), ...words(` ${label}`)]))

const limitsText = ({ maxLength, min, max, unique }: ScalarField): string =>
  [
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(unique ? ['unique'] : []),
  ].join(', ')

const yesOrNo = (value: boolean): Line => words(value ? 'yes' : 'no')

const fieldColumns = [
  'Field',
  'Number',
  'Type',
  'Required',
  'Default',
  'Choices',
  'Limits',
  'Role',
  'Description',
]

const fieldRow = (field: ScalarField): readonly Line[] => [
  code(field.wireName),
  words(String(field.wireNumber)),
  typeLine(field),
  yesOrNo(field.required),
  defaultLine(field),
  choicesLine(field),
  words(limitsText(field)),
  words(field.role),
  words(field.help),
]

const linkColumns = [
  'Link',
  'Number',
  'On the wire',
  'To',
  'Kind',
  'Reverse set',
  'Required',
  'Default',
  'Role',
  'Description',
]

const kindLine = ({ multiplicity, through }: LinkField): Line =>
  through === undefined
    ? code(multiplicity)
    : [...code(multiplicity), ...words(' by '), ...code(through)]

const linkRow = (link: LinkField, nameModel: NameModel): readonly Line[] => [
  code(link.name),
  words(String(link.wireNumber)),
  code(link.wireName),
  nameModel(link.target),
  kindLine(link),
  link.peer === undefined ? words('none') : code(link.peer),
  yesOrNo(link.required),
  defaultLine(link),
  words(link.role),
  words(link.help),
]

const reverseColumns = ['Set', 'Number', 'On the wire', 'Records of', 'By their link']

const reverseRow = (link: ReverseLink, nameModel: NameModel): readonly Line[] => [
  code(link.name),
  words(String(link.wireNumber)),
  code(link.wireName),
  nameModel(link.source),
  code(link.field),
]

type Numbered = { readonly wireName: string; readonly wireNumber: number }

const numberedLine = (members: readonly Numbered[]): Line =>
  joined(members.map(({ wireName, wireNumber }) => [...code(wireName), ...words(` ${wireNumber}`)]))

const table = (
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Line[])[],
): readonly Block[] => (rows.length === 0 ? [] : [{ kind: 'table', caption, columns, rows }])

/** Which ancestor brings a reverse set along; the model itself for one of its own. */
type BroughtBy = (link: ReverseLink) => string

/** Own fields, links and reverse sets in full; inherited ones by name and number. */
export const memberTables = (
  model: Model,
  broughtBy: BroughtBy,
  nameModel: NameModel,
): readonly Block[] => {
  const { name, fields, reverseLinks, ancestry } = model
  const own = fields.filter(({ declaredIn }) => declaredIn === name)
  const scalars = own.filter((field) => field.kind === 'scalar')
  const links = own.filter((field) => field.kind === 'link')
  const sets = reverseLinks.filter((link) => broughtBy(link) === name)
  const inherited = ancestry.slice(1).map((ancestor) => ({
    ancestor,
    members: [
      ...fields.filter(({ declaredIn }) => declaredIn === ancestor),
      ...reverseLinks.filter((link) => broughtBy(link) === ancestor),
    ],
  }))
  return [
    ...table(`Fields of ${name}`, fieldColumns, scalars.map(fieldRow)),
    ...table(
      `Links of ${name}`,
      linkColumns,
      links.map((link) => linkRow(link, nameModel)),
    ),
    ...table(
      `Reverse sets of ${name}`,
      reverseColumns,
      sets.map((link) => reverseRow(link, nameModel)),
    ),
    ...table(
      `What ${name} inherits`,
      ['From', 'Fields, links and reverse sets with their numbers'],
      inherited
        .filter(({ members }) => members.length > 0)
        .map(({ ancestor, members }) => [nameModel(ancestor), numberedLine(members)]),
    ),
  ]
}
