import type { RegisteredEventStep, RegisteredPullStep, Registration } from '#contract'
import { CoreError } from '../../errors.ts'
import type { Sql } from '../database.ts'
import { wakeDispatchers } from '../wake.ts'
import { digestOf } from './digest.ts'
import { firstStatus } from './row.ts'

const usualAttempts = 20
const mostAttempts = 1_000_000

const leastEveryMs = 100
/** The longest that a timer can wait. */
const mostEveryMs = 2_147_483_647

const stepName = /^[\w.-]{1,200}$/

const refuse = (sentence: string): never => {
  throw new CoreError('VALIDATION', sentence)
}

const checkEventStep = ({ step, maxAttempts = usualAttempts }: RegisteredEventStep): void => {
  if (Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= mostAttempts) return
  refuse(`Event step ${step}: expected 1 to ${mostAttempts} attempts at most, got ${maxAttempts}`)
}

const checkPullStep = ({ step, everyMs }: RegisteredPullStep): void => {
  if (everyMs >= leastEveryMs && everyMs <= mostEveryMs) return
  refuse(
    `Pull step ${step}: expected ${leastEveryMs} to ${mostEveryMs} ms from one call to the next, got ${everyMs}`,
  )
}

/** Throws VALIDATION when event and pull steps cannot be kept apart, or ask for what makes no sense. */
export const checkDeliverySteps = ({
  name,
  eventSteps = [],
  pullSteps = [],
}: Registration): void => {
  const known = new Set<string>()
  for (const { step } of [...eventSteps, ...pullSteps]) {
    if (!stepName.test(step)) refuse(`${name}: ${JSON.stringify(step)} is no name of a step`)
    if (known.has(step)) refuse(`${name} has two event or pull steps ${step}; each needs a name`)
    known.add(step)
  }
  eventSteps.forEach(checkEventStep)
  pullSteps.forEach(checkPullStep)
}

const writeEventSteps = async (
  sql: Sql,
  { name, eventSteps = [] }: Registration,
): Promise<void> => {
  const rows = eventSteps.map(({ step, types, sources, topics, maxAttempts = usualAttempts }) => ({
    step,
    filter: { types, sources, topics },
    max_attempts: maxAttempts,
  }))
  await sql.query(
    `insert into event_step (synchronizer, step, filter, max_attempts)
     select $1, step, filter, max_attempts
     from jsonb_to_recordset($2::jsonb) k(step text, filter jsonb, max_attempts int)
     on conflict (synchronizer, step) do update
     set filter = excluded.filter, max_attempts = excluded.max_attempts`,
    [name, JSON.stringify(rows)],
  )
}

/** A pull that runs or is tried again keeps its time, and is due by the new measure afterwards. */
const writePullSteps = async (
  sql: Sql,
  { name, pullSteps = [] }: Registration,
  now: number,
): Promise<void> => {
  const moved = await sql.query<{ step: string }>(
    `insert into pull_step (synchronizer, step, every)
     select $1, step, every from unnest($2::text[], $3::bigint[]) k(step, every)
     on conflict (synchronizer, step) do update set every = excluded.every
     where pull_step.every <> excluded.every
     returning step`,
    [
      name,
      pullSteps.map(({ step }) => step),
      pullSteps.map(({ everyMs }) => Math.round(everyMs * 1000)),
    ],
  )
  if (moved.length === 0) return
  const steps = moved.map(({ step }) => step)
  await sql.query(
    `update delivery d
     set received = greatest($3, d.ended + p.every), next_run = greatest($3, d.ended + p.every)
     from pull_step p
     where d.synchronizer = $1 and d.step = any($2) and d.kind = 'pull'
       and p.synchronizer = d.synchronizer and p.step = d.step
       and d.ended is not null and d.attempts = 0 and d.lease_owner is null`,
    [name, steps, now],
  )
  await sql.query(
    `insert into delivery
       (synchronizer, step, kind, identity, source, event_id, type, next_run, received, code, status)
     select $1, step, 'pull', $3, '', '', '', $4, $4, $5, $6 from unnest($2::text[]) k(step)
     on conflict (synchronizer, step, identity) do nothing`,
    [name, steps, digestOf('pull'), now, firstStatus.code, firstStatus.text],
  )
}

/**
 * Takes event and pull steps away, all of the synchronizer but those that it still has. Those that have not said yet what
 * they are stay as they were: events come for them meanwhile. Those that came for what is gone stay, too.
 */
export const removeDeliverySteps = async (
  sql: Sql,
  synchronizer: string,
  {
    eventSteps = [],
    pullSteps = [],
    awaited = [],
  }: Pick<Registration, 'eventSteps' | 'pullSteps' | 'awaited'> = {},
): Promise<void> => {
  const namesOf = (steps: readonly { readonly step: string }[]): readonly string[] => [
    ...steps.map(({ step }) => step),
    ...awaited,
  ]
  const pulls = namesOf(pullSteps)
  await sql.query(`delete from event_step where synchronizer = $1 and not step = any($2)`, [
    synchronizer,
    namesOf(eventSteps),
  ])
  await sql.query(`delete from pull_step where synchronizer = $1 and not step = any($2)`, [
    synchronizer,
    pulls,
  ])
  await sql.query(
    `delete from delivery where synchronizer = $1 and kind = 'pull' and not step = any($2)`,
    [synchronizer, pulls],
  )
}

/**
 * Keeps the event and pull steps of a synchronizer, in place of those it had. A pull step is due at once when it is new;
 * another interval moves its next time.
 *
 * @param now microseconds since 1970
 */
export const replaceDeliverySteps = async (
  sql: Sql,
  registration: Registration,
  now: number,
): Promise<void> => {
  const { name, eventSteps = [], pullSteps = [] } = registration
  await removeDeliverySteps(sql, name, registration)
  if (eventSteps.length > 0) await writeEventSteps(sql, registration)
  if (pullSteps.length > 0) await writePullSteps(sql, registration, now)
  if (eventSteps.length + pullSteps.length > 0) await wakeDispatchers(sql)
}
