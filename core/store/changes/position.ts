import { CoreError } from '../../errors.ts'

/** A place in the log: after the change of that revision. A bare revision, from an ETag, is of whatever log there is. */
export type Position = { readonly epoch: number | undefined; readonly revision: number }

const pattern = /^(?:([0-9a-z]{1,11})-)?(\d{1,15})$/

export const positionText = (epoch: number, revision: number): string =>
  `${epoch.toString(36)}-${revision}`

/** Throws INVALID_FIELD for a text that is no position. */
export const positionFrom = (text: string): Position => {
  const [, epoch, revision] = pattern.exec(text) ?? []
  if (revision === undefined) {
    throw new CoreError(
      'INVALID_FIELD',
      'Expected the position of a change, as a change or an event names it, or the revision of a record',
      { after: 'not a position' },
    )
  }
  return {
    epoch: epoch === undefined ? undefined : parseInt(epoch, 36),
    revision: Number(revision),
  }
}
