import type { Diagnostic } from './diagnostics.ts'
import { lineOf, placeOf, type Place } from './places.ts'
import type { Source, Span } from './source.ts'

export type RenderOptions = {
  /**
   * With the escape sequences of a terminal.
   *
   * @default false
   */
  readonly colour?: boolean
}

type Paint = (text: string) => string

type Colours = { readonly mark: Paint; readonly label: Paint; readonly note: Paint }

const painted =
  (sequence: string): Paint =>
  (text) =>
    `\u001b[${sequence}m${text}\u001b[0m`

const plain: Paint = (text) => text

const coloursOf = (severity: Diagnostic['severity'], colour: boolean): Colours => {
  if (!colour) return { mark: plain, label: plain, note: plain }
  return {
    mark: painted(severity === 'error' ? '31;1' : '33;1'),
    label: painted('1'),
    note: painted('36'),
  }
}

/** Longer lines are cut around the mistake, so that one line of a megabyte stays readable. */
const maxLineWidth = 160

// A text may come from anywhere: what a terminal would obey is shown as a blot of the same width.
const shownSafely = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- those are the ones
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\uFFFD')

const excerpt = (
  span: Span,
  place: Place,
  sources: readonly Source[],
  mark: Paint,
): readonly string[] => {
  const { text, start } = lineOf(place, sources)
  const at = span.start - start
  const from = Math.max(0, at - maxLineWidth / 2)
  const shown = text.slice(from, from + maxLineWidth)
  // Tabs stay tabs in the second line, so that the caret stands under its word however wide a tab is.
  const indent = text.slice(from, at).replace(/[^\t]/g, ' ')
  const carets = '^'.repeat(Math.max(1, Math.min(span.end - start, from + shown.length) - at))
  const margin = String(place.line).padStart(5)
  return [
    `${margin} | ${shownSafely(shown)}`,
    `${' '.repeat(margin.length)} | ${indent}${mark(carets)}`,
  ]
}

const locate = (
  span: Span,
  sources: readonly Source[],
  mark: Paint,
): { readonly label: string; readonly lines: readonly string[] } => {
  const place = placeOf(span, sources)
  if (place === undefined) return { label: span.file, lines: [] }
  return {
    label: `${place.file}:${place.line}:${place.column}`,
    lines: excerpt(span, place, sources, mark),
  }
}

/**
 * A diagnostic as people read it:
 *
 *     page.xproto:3:30 XP_UNKNOWN_TARGET: No model is named Colour; did you mean Color?
 *         3 |   optional manytoone color->Colour:pages = 2:1001;
 *           |                             ^^^^^^
 */
export const render = (
  { code, severity, message, span, notes }: Diagnostic,
  sources: readonly Source[],
  { colour = false }: RenderOptions = {},
): string => {
  const colours = coloursOf(severity, colour)
  const { label, lines } = locate(span, sources, colours.mark)
  const title = colours.mark(severity === 'warning' ? `warning ${code}` : code)
  return [
    `${colours.label(label)} ${title}: ${shownSafely(message)}`,
    ...lines,
    ...notes.flatMap((note) => {
      const place = locate(note.span, sources, colours.note)
      return [`  ${colours.label(place.label)} ${shownSafely(note.message)}`, ...place.lines]
    }),
  ].join('\n')
}
