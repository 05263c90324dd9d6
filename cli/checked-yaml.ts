import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { durationMs } from '#contract'
import { Failure } from './failure.ts'
import { suggestion } from './suggestion.ts'

/** A mistake in a file and where it starts, in characters from the beginning. */
type Mistake = { readonly offset: number; readonly message: string }

const isHttpUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

/** Knows the formats of our schemas. */
export const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true })
ajv.addFormat('short-or-iso-duration', (text: string) => durationMs(text) !== undefined)
ajv.addFormat('http-url', isHttpUrl)

const segmentsOf = (instancePath: string): string[] =>
  instancePath
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

const nodeAt = (document: Document, path: readonly string[]): unknown =>
  path.length === 0 ? document.contents : document.getIn(path, true)

/** Where the value at the path starts; behind an alias, where the nearest value above it starts. */
const offsetOf = (document: Document, path: readonly string[]): number => {
  const node = nodeAt(document, path)
  if (isNode(node) && node.range) return node.range[0]
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1))
}

const offsetOfKey = (document: Document, path: readonly string[], key: string): number => {
  const map = nodeAt(document, path)
  const keys = isMap(map) ? map.items.map((pair) => pair.key) : []
  const found = keys.find((node) => isScalar(node) && String(node.value) === key)
  return isScalar(found) && found.range ? found.range[0] : offsetOf(document, path)
}

const shown = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return JSON.stringify(value).slice(0, 80)
}

const unknownKey = (error: ErrorObject, path: readonly string[], key: string): string => {
  const { properties = {} } = error.parentSchema as { readonly properties?: object }
  const place = path.length === 0 ? '' : ` in ${path.join('.')}`
  return `Unknown key "${key}"${place}. ${suggestion(key, Object.keys(properties))}`
}

const wrongValue = (error: ErrorObject, path: readonly string[]): string => {
  const { description, writeOnly } = error.parentSchema as {
    readonly description: string
    readonly writeOnly?: true
  }
  const got = writeOnly ? 'something else' : shown(error.data)
  return `Expected ${path.join('.') || 'the file'} to be ${description}, got ${got}.`
}

const mistakeOf = (document: Document, error: ErrorObject): Mistake => {
  const path = segmentsOf(error.instancePath)
  const params = error.params as Readonly<Record<string, string>>
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = params['additionalProperty'] ?? ''
      return {
        offset: offsetOfKey(document, path, key),
        message: unknownKey(error, path, key),
      }
    }
    case 'propertyNames': {
      const key = params['propertyName'] ?? ''
      const rule = 'lower-case letters, digits and hyphens, a letter first, at most 40'
      return {
        offset: offsetOfKey(document, path, key),
        message: `Expected the name of a step to be ${rule}, got "${key}".`,
      }
    }
    case 'required':
      return {
        offset: offsetOf(document, path),
        message: `The key "${params['missingProperty'] ?? ''}" is missing.`,
      }
    default:
      return { offset: offsetOf(document, path), message: wrongValue(error, path) }
  }
}

/** ajv says twice what is wrong with a key: once for the key, once for the map that has it. */
const isEcho = (error: ErrorObject): boolean => error.propertyName !== undefined

/** A chain of aliases can stand for more than memory holds; the parser refuses to follow it. */
const valueOf = (document: Document): { value: unknown } | { mistake: Mistake } => {
  try {
    return { value: document.toJS() }
  } catch (error) {
    return { mistake: { offset: 0, message: (error as Error).message } }
  }
}

/**
 * Makes what reads the text of a YAML file and checks it by a schema, in which each `description` ends the sentence
 * "Expected KEY to be ...".
 *
 * That throws a Failure with every mistake, one a line, as `file:line:column: what is wrong`.
 */
export const checkedYaml = <File>(
  isFile: ValidateFunction<File>,
): ((text: string, file: string) => File) => {
  return (text, file) => {
    const lines = new LineCounter()
    const fail = (mistakes: readonly Mistake[]): never => {
      const sorted = mistakes.toSorted((a, b) => a.offset - b.offset)
      const told = sorted.map(({ offset, message }) => {
        const { line, col } = lines.linePos(offset)
        return `${file}:${Math.max(1, line)}:${Math.max(1, col)}: ${message}`
      })
      throw new Failure([...new Set(told)].join('\n'))
    }

    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    if (document.errors.length > 0) {
      return fail(document.errors.map(({ pos, message }) => ({ offset: pos[0], message })))
    }
    const read = valueOf(document)
    if ('mistake' in read) return fail([read.mistake])
    const { value } = read
    if (isFile(value)) return value
    const errors = (isFile.errors ?? []).filter((error) => !isEcho(error))
    return fail(errors.map((error) => mistakeOf(document, error)))
  }
}
