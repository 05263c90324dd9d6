import type { Model } from '../schema.ts'
import { preludeNames } from './typescript-prelude.ts'

/** Words that cannot name a type and a constant, or that would hide a type the generated text uses. */
const words: readonly string[] = [
  'any arguments as async await bigint boolean break case catch class const continue debugger default',
  'delete do else enum eval export extends false finally for function get if implements import in infer instanceof',
  'interface is keyof let module namespace never new null number object of package private protected',
  'public readonly return set static string super switch symbol this throw true try type typeof',
  'undefined unique unknown using var void while with yield globalThis',
  'Omit',
].flatMap((line) => line.split(' '))

const taken: readonly string[] = [...words, ...preludeNames]

/** What the types of one model are called. */
export type ModelNames = {
  /** The record as its step sees it, and the model as tests name it: `Site`. */
  readonly record: string
  /** `SiteFields`. */
  readonly fields: string
  /** `SiteLinks`. */
  readonly links: string
  /** `SiteFeedback`. */
  readonly feedback: string
}

/**
 * Names for the types of the models, all different: where two would be the same, the later one ends in `_`.
 * The names of records come first, because people write those.
 */
export const typeNames = (models: readonly Model[]): ReadonlyMap<string, ModelNames> => {
  const used = new Set(taken)
  const nameFor = (wanted: string): string => {
    let name = wanted
    while (used.has(name)) name += '_'
    used.add(name)
    return name
  }
  const records = models.map((model) => ({ model, record: nameFor(model.name) }))
  return new Map(
    records.map(({ model: { name }, record }) => [
      name,
      {
        record,
        fields: nameFor(`${name}Fields`),
        links: nameFor(`${name}Links`),
        feedback: nameFor(`${name}Feedback`),
      },
    ]),
  )
}

/** A string literal: `'generic'`. */
export const literal = (text: string): string => {
  const inner = JSON.stringify(text).slice(1, -1)
  return `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A comment in front of a declaration; nothing when there is nothing to say. */
export const docComment = (text: string, indent: string): readonly string[] => {
  const lines = text
    .replaceAll('*/', '*\\/')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const [first] = lines
  if (first === undefined) return []
  if (lines.length === 1) return [`${indent}/** ${first} */`]
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`]
}
