import { render, type Diagnostic, type Source } from '#xproto'
import { hasColours } from './colours.ts'
import type { Output, World } from './world.ts'

/** `no mistakes`, `1 mistake`, `2 mistakes`. */
export const counted = (count: number, noun: string): string =>
  `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`

const isMistake = ({ severity }: Diagnostic): boolean => severity === 'error'

export const hasMistakes = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(isMistake)

/** `3 mistakes, 1 warning`; warnings only where there are any. */
export const verdictOn = (diagnostics: readonly Diagnostic[]): string => {
  const mistakes = diagnostics.filter(isMistake).length
  const warnings = diagnostics.length - mistakes
  const texts = [counted(mistakes, 'mistake'), counted(warnings, 'warning')]
  return texts.slice(0, warnings === 0 ? 1 : 2).join(', ')
}

/** Writes diagnostics as people read them. */
export const tellDiagnostics = (
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
  output: Output,
  world: World,
): void => {
  if (diagnostics.length === 0) return
  const colour = hasColours(output, world)
  const texts = diagnostics.map((diagnostic) => render(diagnostic, sources, { colour }))
  output.write(`${texts.join('\n\n')}\n`)
}
