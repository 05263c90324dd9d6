import { parseAllDocuments } from 'yaml'
import { Failure } from './failure.ts'

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The documents of a text in YAML or JSON.
 *
 * @throws Failure when it is neither.
 */
export const documentsIn = (text: string): readonly unknown[] => {
  const documents = [parseAllDocuments(text)].flat()
  const [mistake] = documents.flatMap(({ errors }) => errors)
  if (mistake !== undefined) throw new Failure(`Expected YAML or JSON: ${mistake.message}`)
  return documents.map((document) => document.toJS() as unknown)
}

/** `get -o json` and REST answer lists as an array, or as `items`. */
export const recordsIn = (document: unknown): readonly unknown[] => {
  if (Array.isArray(document)) return document
  if (isObject(document) && Array.isArray(document['items'])) return document['items']
  return document === null ? [] : [document]
}
