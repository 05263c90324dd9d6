import {
  decodeChange,
  encodeChange,
  type Change,
  type Expanded,
  type ExpandedRecord,
  type Fields,
  type Operation,
  type Outcome,
} from '#contract'
import { logWriter, type Log } from '../log.ts'
import { runChange } from '../run-change.ts'
import type { Step } from '../step.ts'

export type RunOptions = {
  /**
   * Related records by link name: fields for a link to one, a list for a reverse set, null for a link to nothing; best
   * made with `record`.
   * Objects among the fields are related records in turn: `{ owner: { hello_from: 'Jhon Snow', site: { name: 'x' } } }`.
   * Links the step includes and the test leaves out are null.
   */
  readonly expanded?: Fields
  /** @default 'sync' */
  readonly operation?: Operation
  /** @default a signal that never fires */
  readonly signal?: AbortSignal
  /** Where the step is told to complete the call later. */
  readonly completionUrl?: string
}

export type LogLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Fields
}

export type StepRun = {
  /** What the dispatcher would make of it. */
  readonly outcome: Outcome
  /** What the step returned, if it returned anything. */
  readonly feedback: Fields | undefined
  readonly logs: readonly LogLine[]
}

const isRelated = (value: unknown): value is Fields | readonly Fields[] =>
  Array.isArray(value)
    ? value.every((item) => typeof item === 'object')
    : typeof value === 'object' && value !== null

const relatedRecord = (
  given: Fields,
  includes: readonly string[],
  path: string,
): ExpandedRecord => {
  const entries = Object.entries(given)
  // No ids are no related records.
  const isLink = ([name, value]: [string, unknown]): boolean =>
    !name.endsWith('_ids') && isRelated(value)
  const links = Object.fromEntries(entries.filter(isLink))
  const fields = Object.fromEntries(entries.filter((entry) => !isLink(entry)))
  const { leaf_model_name: model } = fields
  return {
    model: typeof model === 'string' ? model : 'Related',
    record: { id: 1, ...fields },
    expanded: expandedOf(links, includes, `${path}.`),
  }
}

const checkIncluded = (includes: readonly string[], path: string): void => {
  if (includes.some((include) => include === path || include.startsWith(`${path}.`))) return
  throw new Error(
    `The test gives ${path}, which the step does not include. Add '${path}' to the include of the step`,
  )
}

const expandedOf = (given: Fields, includes: readonly string[], prefix: string): Expanded =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const path = `${prefix}${name}`
      checkIncluded(includes, path)
      if (value === null) return [name, null]
      if (!isRelated(value)) throw new Error(`Expected ${path} to be a record, a list or null`)
      const linked = Array.isArray(value)
        ? value.map((item: Fields) => relatedRecord(item, includes, path))
        : relatedRecord(value as Fields, includes, path)
      return [name, linked]
    }),
  )

const changeOf = <R>(step: Step<R>, record: Fields, options: RunOptions): Change => {
  const includes = step.include ?? []
  const absent = includes.map((include) => [include.split('.', 1)[0] ?? include, null])
  const expanded = { ...Object.fromEntries(absent), ...options.expanded } as Fields
  return {
    operation: options.operation ?? 'sync',
    model: step.observes,
    record: { id: 1, ...record },
    expanded: expandedOf(expanded, includes, ''),
    stamp: 0,
    attempt: 1,
  }
}

const overTheWire = (change: Change): Change => {
  const { headers, body } = encodeChange(change, { source: '/test', deadline: 0, time: 0 })
  return decodeChange(headers, body).change
}

const recordingLog = (): { readonly log: Log; readonly lines: readonly LogLine[] } => {
  const lines: LogLine[] = []
  const writer = (level: LogLine['level']) =>
    logWriter((fields, message) => {
      lines.push({ level, message, fields })
    })
  const log = {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  }
  return { log, lines }
}

/**
 * Calls `sync_record` (or `delete_record`) of the step for a record. The record makes the same way as in production,
 * through the event on the wire, so the step sees exactly what it will see when it is called. Never rejects because of
 * what the step does: that is in the outcome.
 *
 * @example
 * const { outcome, logs } = await runStep(new ColorStep(), { name: 'red' }, { expanded: { page: { width: 3 } } })
 */
export const runStep = async <R>(
  step: Step<R>,
  record: Fields,
  options: RunOptions = {},
): Promise<StepRun> => {
  const { log, lines } = recordingLog()
  const change = overTheWire(changeOf(step, record, options))
  const signal = options.signal ?? new AbortController().signal
  const outcome = await runChange(step, {
    change,
    log,
    signal,
    completionUrl: options.completionUrl,
  })
  const feedback = outcome.kind === 'synced' ? outcome.feedback : undefined
  return { outcome, feedback, logs: lines }
}
