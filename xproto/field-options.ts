import type { ScalarType } from './schema.ts'
import type { FieldOption, LinkNode, ScalarNode } from './syntax.ts'
import { optionValue, textOf } from './values.ts'

const words = (text: string): readonly string[] => text.split(' ')

/** What can be written on any field. */
const common = words(
  'help_text gui_hidden tosca_key tosca_key_one_of bookkeeping_state feedback_state unique unique_with',
)

const integer = words('blank db_index default max_value min_value null')
const fraction = words('blank db_index default null')

const byType: ReadonlyMap<string, readonly string[]> = new Map<ScalarType, readonly string[]>([
  ['string', words('blank choices content_type db_index default max_length null text')],
  ['bool', words('db_index default null')],
  ['int32', integer],
  ['uint32', integer],
  ['int64', integer],
  ['float', fraction],
  ['double', fraction],
])

const onDates = words('auto_now_add blank content_type db_index default max_length null')
const onLinks = words('blank db_index default null')

/** Types a field can have. */
export const fieldTypes: ReadonlySet<string> = new Set(byType.keys())

/** Every option some field can have. */
export const allFieldOptions: ReadonlySet<string> = new Set(
  [common, onDates, onLinks, ...byType.values()].flat(),
)

export const contentTypes: ReadonlySet<string> = new Set(words('date url ip email stripped'))

/** Options that are `True` or `False`. */
export const flagOptions: ReadonlySet<string> = new Set(
  words(
    'auto_now_add blank bookkeeping_state db_index feedback_state gui_hidden null text tosca_key unique',
  ),
)

/** A string that stands for a moment. */
export const isDate = ({ type, options }: ScalarNode): boolean => {
  const contentType = optionValue(options, 'content_type')
  return type.text === 'string' && contentType !== undefined && textOf(contentType) === 'date'
}

/** What can be written on this field. Any option on a field of unknown type, which is a mistake of its own. */
export const optionsAllowedOn = (field: ScalarNode | LinkNode): ReadonlySet<string> => {
  if (field.kind === 'link') return new Set([...common, ...onLinks])
  const own = isDate(field) ? onDates : byType.get(field.type.text)
  return own === undefined ? allFieldOptions : new Set([...common, ...own])
}

/** The options that mean something on this field; only compat mode lets others through. */
export const usableOptions = (field: ScalarNode | LinkNode): readonly FieldOption[] => {
  const allowed = optionsAllowedOn(field)
  return field.options.filter(({ name }) => allowed.has(name.text))
}
