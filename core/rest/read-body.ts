import type { Fields } from '#contract'
import { didYouMean, type Field, type Model } from '#xproto'
import { CoreError } from '../errors.ts'
import { isDeeper } from '../http/depth.ts'
import { utf8Text } from '../http/text.ts'

type JsonObject = Readonly<Record<string, unknown>>

const invalid = (message: string): CoreError => new CoreError('VALIDATION', message)

// Bodies have two levels. What is far deeper could exhaust the stack of whoever walks it.
const mostLevels = 32

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid('The body is not JSON. Send an object such as {"name": "value"}')
  }
}

/** The JSON value of a body; undefined when the body is empty. Throws VALIDATION. */
export const parseJson = (bytes: Uint8Array): unknown => {
  if (bytes.length === 0) return undefined
  const text = utf8Text(bytes)
  if (text === undefined) throw invalid('Expected the body in UTF-8')
  const value = parsed(text)
  if (isDeeper(value, mostLevels)) throw invalid(`Expected at most ${mostLevels} levels of nesting`)
  return value
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object a body holds. Throws VALIDATION when it holds something else, or nothing. */
export const requireObject = (body: unknown): JsonObject => {
  if (body === undefined || body === null) throw invalid('The body is empty. Send at least {}')
  if (!isObject(body)) throw invalid('Expected a JSON object such as {"name": "value"}')
  return body
}

/** `helloTo`: what protobuf calls the field `hello_to` in JSON. */
export const jsonName = (wireName: string): string =>
  wireName.replace(/_(.?)/g, (_match, letter: string) => letter.toUpperCase())

/** What the names in a body stand for: a field, or `ignored` for what only the core can know. */
type Names = ReadonlyMap<string, Field | 'ignored'>

const readOnly = ['id', 'class_names', 'self_content_type_id']

const namesOf = (model: Model): Names => {
  const meanings: [string, Field | 'ignored'][] = [
    ...readOnly.map((name): [string, 'ignored'] => [name, 'ignored']),
    ...model.reverseLinks.map(({ wireName }): [string, 'ignored'] => [wireName, 'ignored']),
    ...model.fields.map((field): [string, Field] => [field.wireName, field]),
  ]
  // Wire names come last: one of them may look like the JSON name of another.
  return new Map([
    ...meanings.map(([name, meaning]): [string, Field | 'ignored'] => [jsonName(name), meaning]),
    ...meanings,
  ])
}

// A model is immutable, so its table of names never goes stale; it goes when the model does.
const knownNames = new WeakMap<Model, Names>()

const cachedNames = (model: Model): Names => {
  const names = knownNames.get(model) ?? namesOf(model)
  knownNames.set(model, names)
  return names
}

const isNumeric = (field: Field): boolean =>
  field.kind === 'link' || field.format === 'date' || !['string', 'bool'].includes(field.type)

const decimal = /^-?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/

/** Numbers may come as text, as protobuf's JSON has it. Anything else is left for the store to judge. */
const loosened = (field: Field, value: unknown): unknown => {
  if (!isNumeric(field)) return value
  if (Array.isArray(value)) return value.map((item) => loosened(field, item))
  return typeof value === 'string' && decimal.test(value) ? Number(value) : value
}

// A body has room for many thousand mistakes; nobody reads more than a few.
const mistakesShown = 10

/**
 * The values of a body in wire names, ready for the store: names in snake_case or lowerCamelCase, numbers as
 * numbers or text. What a client cannot set (`id`, `class_names`, reverse sets) is left out. Throws VALIDATION
 * for names the model does not have and for fields given twice.
 */
export const readValues = (model: Model, body: unknown): Fields => {
  const names = cachedNames(model)
  const values = new Map<string, unknown>()
  const mistakes = new Map<string, string>()
  for (const [name, value] of Object.entries(requireObject(body))) {
    if (mistakes.size === mistakesShown) break
    const meaning = names.get(name)
    if (meaning === 'ignored') continue
    if (meaning === undefined) {
      mistakes.set(name.slice(0, 100), `unknown field${didYouMean(name, names.keys())}`)
    } else if (values.has(meaning.wireName)) {
      mistakes.set(name, `given twice: as ${meaning.wireName} and as ${jsonName(meaning.wireName)}`)
    } else {
      values.set(meaning.wireName, loosened(meaning, value))
    }
  }
  if (mistakes.size === 0) return Object.fromEntries(values)
  const told = [...mistakes].map(([name, text]) => `${name}: ${text}`).join('; ')
  throw new CoreError('VALIDATION', `${model.name}: ${told}`, Object.fromEntries(mistakes))
}
