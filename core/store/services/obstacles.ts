import { NotYetError } from '../../errors.ts'

/** What keeps models from changing, in one sentence and what to do in another; by `Model.field` or model. */
export type Obstacle = { readonly place: string; readonly sentence: string }

const shown = 10

/** `1, 2, 3`, and how many more where there are more than ten. */
export const listed = (texts: readonly (string | number)[], total = texts.length): string => {
  const rest = total - Math.min(texts.length, shown)
  const list = texts.slice(0, shown).join(', ')
  return rest > 0 ? `${list} and ${rest} more` : list
}

export const records = (count: number): string => (count === 1 ? '1 record' : `${count} records`)

/** Throws {@link NotYetError} when there are any. */
export const refuseFor = (obstacles: readonly Obstacle[]): void => {
  if (obstacles.length === 0) return
  throw new NotYetError(
    obstacles.map(({ sentence }) => sentence).join('\n'),
    Object.fromEntries(obstacles.map(({ place, sentence }) => [place, sentence])),
  )
}
