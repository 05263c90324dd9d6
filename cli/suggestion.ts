import { nearestName } from '#xproto'

/** `Did you mean "models_dir"?`, else all there are. */
export const suggestion = (word: string, known: readonly string[]): string => {
  const near = nearestName(word, known)
  return near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean "${near}"?`
}
