import type { Diagnostic } from './diagnostics.ts'
import { placeOf, type Place } from './places.ts'
import type { Source, Span } from './source.ts'

/** A diagnostic for other programs. Lines and columns count from 1, columns in UTF-16 units; the end is exclusive. */
export type DiagnosticJson = Place & {
  readonly code: Diagnostic['code']
  readonly severity: Diagnostic['severity']
  readonly message: string
  readonly notes: readonly (Place & { readonly message: string })[]
}

// A text that is not at hand has no lines to count; its beginning is where to look.
const placeIn = (span: Span, sources: readonly Source[]): Place =>
  placeOf(span, sources) ?? { file: span.file, line: 1, column: 1, endLine: 1, endColumn: 1 }

export const toJson = (
  { code, severity, message, span, notes }: Diagnostic,
  sources: readonly Source[],
): DiagnosticJson => ({
  code,
  severity,
  message,
  ...placeIn(span, sources),
  notes: notes.map((note) => ({ message: note.message, ...placeIn(note.span, sources) })),
})

const escapeText = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string =>
  escapeText(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/**
 * A diagnostic as a workflow command, which GitHub shows at its line of a change:
 * `::error file=a.xproto,line=2,endLine=2,col=5,endColumn=9,title=XP_SYNTAX::Expected ...`.
 */
export const toGithub = (
  { code, severity, message, span, notes }: Diagnostic,
  sources: readonly Source[],
): string => {
  const { file, line, column, endLine, endColumn } = placeIn(span, sources)
  // GitHub refuses columns where the lines differ.
  const columns = line === endLine ? [`col=${column}`, `endColumn=${endColumn}`] : []
  const properties = [
    `file=${escapeProperty(file)}`,
    `line=${line}`,
    `endLine=${endLine}`,
    ...columns,
    `title=${code}`,
  ]
  const text = [
    message,
    ...notes.map((note) => {
      const place = placeIn(note.span, sources)
      return `${place.file}:${place.line}:${place.column} ${note.message}`
    }),
  ].join('\n')
  return `::${severity} ${properties.join(',')}::${escapeText(text)}`
}
