import { keyText, type Refused, type Report } from '#contract'
import type { Observer } from './options.ts'

const microsecondsPerMs = 1_000

/** Tells what the core made of a batch of reports. */
export const observeReports = (
  observer: Observer,
  reports: readonly Report[],
  refused: readonly Refused[],
  now: number,
): void => {
  const lease = ({ token, key }: Refused): string => `${token} ${keyText(key)}`
  const late = new Set(refused.map(lease))
  for (const { key, operation, token, outcome, stamp } of reports) {
    // A delete leaves the stamp of the last edit, which says nothing of when it was asked for.
    if (outcome.kind !== 'synced' || operation === 'delete') continue
    if (late.size > 0 && late.has(lease({ token, key }))) continue
    // The stamp is from the clock of another machine, and beyond it where edits are closer than it counts.
    observer.synced(key.model, Math.max(0, now - stamp / microsecondsPerMs))
  }
  if (refused.length > 0) observer.refused(refused.length)
}
