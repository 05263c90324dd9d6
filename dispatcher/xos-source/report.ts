import { reachedBy, type Outcome, type Refused, type Report } from '#contract'
import { textOfError } from '../text-of-error.ts'
import { eachAtOnce } from './at-once.ts'
import { observedOf } from './known.ts'
import { isGone, isOutage, leaveAlone, unmark, type Desk, type Held } from './lease.ts'
import { judged, valuesAfter } from './outcome.ts'

/** A success that the core did not take to heart is tried again, but not in a hot loop. */
const unheededMs = 5_000

const dueInMs = ({ retryInMs }: Report, outcome: Outcome): number => {
  if (outcome.kind === 'synced') return unheededMs
  return outcome.kind === 'failed' && !outcome.retry ? Infinity : (retryInMs ?? Infinity)
}

export const createReport = (desk: Desk) => {
  const { known, held, clock, service } = desk
  /** Tokens of reports that were written, of batches that were not written as a whole. */
  const written = new Set<number>()

  /** What is remembered of a record that is still the same. */
  const remember = ({ entry, version, operation }: Held, report: Report): void => {
    const outcome = reachedBy(report)
    if (outcome === undefined) return
    if (entry.seen.version !== version || entry.seen.operation !== operation) return
    if (outcome.kind === 'failed') entry.failures += 1
    if (outcome.kind.startsWith('target-')) entry.attempts -= 1
    entry.dueMs = clock.now() + dueInMs(report, outcome)
  }

  const write = async (one: Held, report: Report): Promise<void> => {
    const { key, operation, retryInMs } = report
    const { entry, fields, version, isMarkedHere } = one
    const outcome = reachedBy(report)
    if (outcome === undefined) {
      entry.attempts -= 1
      if (isMarkedHere) await unmark(desk, entry)
      return
    }
    const at = service()
    const observed = observedOf(at, key.model)
    const failures = outcome.kind === 'failed' ? entry.failures + 1 : entry.failures
    const reached = { fields, version, failures, retryInMs, now: clock.now() }
    const values = valuesAfter(outcome, operation, reached)
    known.note(observed, key, await at.records.update(observed.model, key.id, values))
    remember(one, report)
  }

  /** Feedback that the core does not take makes a success a failure. */
  const writeOrFail = async (one: Held, given: Report): Promise<void> => {
    const { model } = observedOf(service(), given.key.model)
    const report = { ...given, outcome: judged(model, given) }
    const { outcome } = report
    try {
      await write(one, report)
    } catch (error) {
      const hasFeedback = outcome.kind === 'synced' && outcome.feedback !== undefined
      if (isOutage(error) || isGone(error) || !hasFeedback) throw error
      const text = `feedback: ${textOfError(error)}`
      await write(one, { ...report, outcome: { kind: 'failed', text, retry: false } })
    }
  }

  const settle = async (one: Held, report: Report): Promise<void> => {
    try {
      await writeOrFail(one, report)
    } catch (error) {
      if (isOutage(error)) throw error
      if (isGone(error)) known.pending.drop(report.key)
      else leaveAlone(desk, one.entry, error)
    }
    one.entry.owner = undefined
    held.delete(report.token)
    written.add(report.token)
  }

  /** Writes outcomes, each by itself. When some could not be written, the same batch is to be reported again. */
  return async (dispatcher: string, reports: readonly Report[]): Promise<readonly Refused[]> => {
    const outages: unknown[] = []
    const refused: Refused[] = []
    await eachAtOnce(reports, async (report) => {
      const { key, token } = report
      const one = held.get(token)
      if (one?.owner !== dispatcher) {
        if (!written.has(token)) refused.push({ key, token })
        return
      }
      await settle(one, report).catch((error: unknown) => void outages.push(error))
    })
    if (outages.length > 0) throw outages[0]
    for (const { token } of reports) written.delete(token)
    return refused
  }
}
