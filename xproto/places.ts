import type { Source, Span } from './source.ts'

/** Where a span is, counted from 1, in UTF-16 units; the end is exclusive. */
export type Place = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

// Counted once a text, however many places are asked for.
const knownLineStarts = new WeakMap<Source, readonly number[]>()

const lineStartsOf = (source: Source): readonly number[] => {
  const known = knownLineStarts.get(source)
  if (known !== undefined) return known
  const starts = [0]
  for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1)) {
    starts.push(at + 1)
  }
  knownLineStarts.set(source, starts)
  return starts
}

/** The line of an offset, counted from 0. */
const lineAt = (starts: readonly number[], offset: number): number => {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Undefined when the text of the span is not among the sources. */
export const placeOf = (span: Span, sources: readonly Source[]): Place | undefined => {
  const source = sources.find(({ file }) => file === span.file)
  if (source === undefined) return undefined
  const starts = lineStartsOf(source)
  const line = lineAt(starts, span.start)
  const endLine = lineAt(starts, span.end)
  return {
    file: span.file,
    line: line + 1,
    column: span.start - (starts[line] ?? 0) + 1,
    endLine: endLine + 1,
    endColumn: span.end - (starts[endLine] ?? 0) + 1,
  }
}

/** The text of a line, counted from 1, without its line break, and the offset it starts at. */
export const lineOf = (
  { file, line }: Place,
  sources: readonly Source[],
): { readonly text: string; readonly start: number } => {
  const source = sources.find((candidate) => candidate.file === file)
  if (source === undefined) return { text: '', start: 0 }
  const starts = lineStartsOf(source)
  const start = starts[line - 1] ?? 0
  const next = starts[line]
  const end = next === undefined ? source.text.length : next - 1
  return { text: source.text.slice(start, source.text[end - 1] === '\r' ? end - 1 : end), start }
}
