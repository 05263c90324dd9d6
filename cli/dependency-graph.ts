import type { Dependency } from '#contract'
import { Failure } from './failure.ts'
import { readText } from './files.ts'

const expected =
  'Expected a map from the names of models to lists of [MODEL, LINKS, BACK] such as {"Port": [["Network", "slice.network", ""]]}'

type Edge = readonly [model: string, path: string, back?: string]

const isEdge = (value: unknown): value is Edge =>
  Array.isArray(value) &&
  (value.length === 2 || value.length === 3) &&
  value.every((part) => typeof part === 'string')

const parseJson = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure(`${file}: ${(error as Error).message}`)
  }
}

/** The accessors that old graphs have where they name no link. */
const placeholders: ReadonlySet<string> = new Set(['fake_accessor', 'fake_accessor_deletion'])

/**
 * Reads a dependency_graph as XOS has it: by model, the models whose records it waits for, each with the links that
 * lead there; the way back follows from them. None without a file.
 *
 * @throws Failure naming the file.
 */
export const readDependencyGraph = async (
  file: string | undefined,
): Promise<readonly Dependency[]> => {
  if (file === undefined) return []
  const graph = parseJson(await readText(file, 'the file of dependency_graph'), file)
  if (typeof graph !== 'object' || graph === null || Array.isArray(graph)) {
    throw new Failure(`${file}: ${expected}.`)
  }
  return Object.entries(graph).flatMap(([model, edges]: [string, unknown]) => {
    if (!Array.isArray(edges) || !edges.every(isEdge)) {
      throw new Failure(`${file}: ${expected}, got something else for ${model}.`)
    }
    return edges.map(([on, path]) => ({ model, on, path: placeholders.has(path) ? '' : path }))
  })
}
