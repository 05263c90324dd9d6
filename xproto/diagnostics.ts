import type { Source, Span } from './source.ts'

export type Note = { readonly message: string; readonly span: Span }

/** One mistake, or one thing worth knowing, in an xproto text. */
export type Diagnostic = {
  /** Stable: `XP_UNKNOWN_TARGET`. */
  readonly code: `XP_${string}`
  /** An error keeps the models from loading; a warning does not. */
  readonly severity: 'error' | 'warning'
  /** One sentence that says what is wrong and what to do. */
  readonly message: string
  readonly span: Span
  /** Other places that belong to it: `first declared here`. */
  readonly notes: readonly Note[]
}

export type Report = (diagnostic: Diagnostic) => void

export const errorAt = (
  code: Diagnostic['code'],
  span: Span,
  message: string,
  ...notes: readonly Note[]
): Diagnostic => ({ code, severity: 'error', message, span, notes })

export const warningAt = (
  code: Diagnostic['code'],
  span: Span,
  message: string,
  ...notes: readonly Note[]
): Diagnostic => ({ code, severity: 'warning', message, span, notes })

/** A text with more mistakes than this is not xproto; the rest would help nobody. */
const maxDiagnostics = 1000

export const createDiagnostics = (sources: readonly Source[]) => {
  const found: Diagnostic[] = []
  let errors = 0
  return {
    report: (diagnostic: Diagnostic): void => {
      if (diagnostic.severity === 'error') errors += 1
      if (found.length < maxDiagnostics) found.push(diagnostic)
    },
    hasErrors: (): boolean => errors > 0,
    /** In the order of the sources, then of the text. */
    inSourceOrder: (): readonly Diagnostic[] => {
      const order = new Map(sources.map(({ file }, index) => [file, index]))
      const rank = ({ span }: Diagnostic): number => order.get(span.file) ?? 0
      return found.toSorted((a, b) => rank(a) - rank(b) || a.span.start - b.span.start)
    },
  }
}

/** Longer lines are cut around the mistake, so that one line of a megabyte stays readable. */
const maxLineWidth = 160

/** `file:line:column`, both counted from 1. */
const placeOf = ({ file, start }: Span, text: string) => {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < lineStart; at = text.indexOf('\n', at + 1)) {
    line += 1
  }
  return { label: `${file}:${line}:${start - lineStart + 1}`, line, lineStart }
}

const excerpt = (span: Span, text: string, line: number, lineStart: number): readonly string[] => {
  const newline = text.indexOf('\n', lineStart)
  const lineEnd = newline === -1 ? text.length : newline
  const from = Math.max(lineStart, span.start - maxLineWidth / 2)
  const to = Math.min(lineEnd, from + maxLineWidth)
  const shown = text.slice(from, to).replace(/\r$/, '')
  // Tabs stay tabs in the second line, so that the caret stands under its word however wide a tab is.
  const indent = text.slice(from, span.start).replace(/[^\t]/g, ' ')
  const carets = '^'.repeat(Math.max(1, Math.min(span.end, from + shown.length) - span.start))
  const margin = String(line).padStart(5)
  return [`${margin} | ${shown}`, `${' '.repeat(margin.length)} | ${indent}${carets}`]
}

const renderPlace = (prefix: string, suffix: string, span: Span, sources: readonly Source[]) => {
  const source = sources.find(({ file }) => file === span.file)
  if (source === undefined) return [`${prefix}${span.file}${suffix}`]
  const { label, line, lineStart } = placeOf(span, source.text)
  return [`${prefix}${label}${suffix}`, ...excerpt(span, source.text, line, lineStart)]
}

/**
 * A diagnostic as people read it:
 *
 *     page.xproto:3:30 XP_UNKNOWN_TARGET: No model is named Colour; did you mean Color?
 *         3 |   optional manytoone color->Colour:pages = 2:1001;
 *           |                             ^^^^^^
 */
export const render = (diagnostic: Diagnostic, sources: readonly Source[]): string => {
  const { code, severity, message, span, notes } = diagnostic
  const label = severity === 'warning' ? `warning ${code}` : code
  return [
    ...renderPlace('', ` ${label}: ${message}`, span, sources),
    ...notes.flatMap((note) => renderPlace('  ', ` ${note.message}`, note.span, sources)),
  ].join('\n')
}
