import { inspect, isDeepStrictEqual } from 'node:util'

/** Beyond this depth values are shown as a whole; some lead back to themselves. */
const deepest = 20

const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : inspect(value, { depth: 4, breakLength: Infinity })

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The parts of a value by the paths that lead to them; undefined when it is shown as a whole. */
const partsOf = (value: unknown): ReadonlyMap<string, unknown> | undefined => {
  if (Array.isArray(value)) {
    return new Map(value.map((item: unknown, index) => [`[${index}]`, item]))
  }
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]: [unknown, unknown]) => [`(${shown(key)})`, item]))
  }
  if (!isObject(value) || Object.prototype.toString.call(value) !== '[object Object]') {
    return undefined
  }
  return new Map(Object.entries(value).map(([key, item]: [string, unknown]) => [`.${key}`, item]))
}

const isSameKind = (one: unknown, other: unknown): boolean =>
  isObject(one) && isObject(other) && one.constructor === other.constructor

const differencesAt = (
  expected: unknown,
  actual: unknown,
  path: string,
  depth: number,
): readonly string[] => {
  if (isDeepStrictEqual(expected, actual)) return []
  const [before, after] = [partsOf(expected), partsOf(actual)]
  if (before !== undefined && after !== undefined && isSameKind(expected, actual)) {
    const names = depth === deepest ? [] : [...new Set([...before.keys(), ...after.keys()])]
    const parts = names.flatMap((name) =>
      differencesAt(before.get(name), after.get(name), `${path}${name}`, depth + 1),
    )
    if (parts.length > 0) return parts
  }
  const place = path.replace(/^\./, '') || 'the whole'
  return [`${place}: expected ${shown(expected)}, got ${shown(actual)}`]
}

/** What is not the same in two values, a line for each part: `users[1].name: expected 'a', got nothing`. */
export const differences = (expected: unknown, actual: unknown): readonly string[] =>
  differencesAt(expected, actual, '', 0)
