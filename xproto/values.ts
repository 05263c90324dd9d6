import type { FieldOption, Value } from './syntax.ts'

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
])

/** The text a string stands for. An escape that means nothing stays as it is written. */
export const textOf = ({ kind, text }: Value): string =>
  kind === 'string' && text.includes('\\')
    ? text.replace(/\\(.)/g, (whole, letter: string) => escapes.get(letter) ?? whole)
    : text

/** The beginning of a value as the text has it. */
export const asWritten = ({ kind, text }: Value): string =>
  kind === 'string' ? `"${text.slice(0, 40)}"` : text.slice(0, 40)

/** The value of a field option; the first one when it is written twice. */
export const optionValue = (options: readonly FieldOption[], name: string): Value | undefined =>
  options.find((option) => option.name.text === name)?.value

/** True for `True` and `"True"`, as on models. */
export const isTrue = (text: string | undefined): boolean => text === 'True'

/** `True` or `False`, without quotes. */
export const isFlag = ({ kind, text }: Value): boolean =>
  kind === 'word' && (text === 'True' || text === 'False')

const sayingTrue: ReadonlySet<string> = new Set(['true', '1'])
const sayingFalse: ReadonlySet<string> = new Set(['false', '0'])

/** What a flag of a field says in any spelling; undefined when it says neither. Only `True` and `False` are correct. */
export const flagOf = ({ text }: Value): boolean | undefined => {
  const said = text.toLowerCase()
  return sayingTrue.has(said) ? true : sayingFalse.has(said) ? false : undefined
}

export const isFlagged = (options: readonly FieldOption[], name: string): boolean => {
  const value = optionValue(options, name)
  return value !== undefined && flagOf(value) === true
}

/** Names separated by commas. */
export const namesIn = (value: Value | undefined): readonly string[] =>
  value === undefined
    ? []
    : textOf(value)
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
