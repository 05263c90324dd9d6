import { render, type Diagnostic, type Source } from '#xproto'
import type { Output } from './world.ts'

/** `1 file`, `2 files`, `no mistakes`. */
export const counted = (count: number, noun: string): string =>
  `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`

export const hasMistakes = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error')

/** `3 mistakes, 1 warning`; warnings only where there are any. */
export const verdictOn = (diagnostics: readonly Diagnostic[]): string => {
  const mistakes = diagnostics.filter(({ severity }) => severity === 'error').length
  const warnings = diagnostics.length - mistakes
  return [
    counted(mistakes, 'mistake'),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
  ].join(', ')
}

/** Writes diagnostics as people read them. */
export const tellDiagnostics = (
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
  output: Output,
): void => {
  if (diagnostics.length === 0) return
  const texts = diagnostics.map((diagnostic) => render(diagnostic, sources))
  output.write(`${texts.join('\n\n')}\n`)
}
