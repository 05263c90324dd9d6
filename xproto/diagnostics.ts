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

/** Collects diagnostics. Errors that are tolerated count as warnings. */
export const createDiagnostics = (
  sources: readonly Source[],
  isTolerated: (error: Diagnostic) => boolean = () => false,
) => {
  const found: Diagnostic[] = []
  let errors = 0
  return {
    report: (diagnostic: Diagnostic): void => {
      const { severity } = diagnostic
      const actual = severity === 'error' && isTolerated(diagnostic) ? 'warning' : severity
      if (actual === 'error') errors += 1
      if (found.length < maxDiagnostics) found.push({ ...diagnostic, severity: actual })
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
