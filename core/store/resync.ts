import type { RegisteredStep } from '#contract'
import { CoreError } from '../errors.ts'
import type { Schema } from '#xproto'
import type { Sql } from './database.ts'
import { modelNamed } from './read.ts'
import type { RowKey } from './row.ts'
import { wakeDispatchers } from './wake.ts'

// Records have their turns in the order of their ids, spread over the time in which each is to have one. So nothing is
// kept of a record, none is looked at before its turn, and they never come all at once.

/** Turns of one model are given no more often than this, in microseconds. */
const leastPause = 1_000_000

/** A model without records is looked at again after this, in microseconds. */
const emptyPause = 60_000_000

/** How many records of a model may be in line for their turn. Changes go before them, and wait for no more than these. */
const portion = 500

const leastEveryMs = 1_000

/** How far the turns of a model have come. Times in microseconds. */
type Round = {
  readonly model: string
  /** The time in which each record has its turn. */
  readonly every: number
  /** The last portion: ids of the root beyond the first and up to the second. */
  readonly from_id: number
  readonly to_id: number
  /** Turns up to this time have been given. */
  readonly given: number
}

/** Throws VALIDATION when a step wants its records resynced more often than makes sense. */
export const checkResyncs = (steps: readonly RegisteredStep[]): void => {
  for (const { step, resyncMs } of steps) {
    if (resyncMs === undefined || resyncMs >= leastEveryMs) continue
    throw new CoreError(
      'VALIDATION',
      `Step ${step}: expected a resync each second at most, got each ${resyncMs} ms`,
    )
  }
}

/**
 * Keeps how often records of the steps' models are resynced. Who is registered again goes on where it was.
 *
 * @param now microseconds since 1970
 */
export const writeResyncs = async (
  sql: Sql,
  steps: readonly RegisteredStep[],
  now: number,
): Promise<void> => {
  const timed = steps.filter(({ resyncMs }) => resyncMs !== undefined)
  await sql.query(`delete from round where model = any($1) and not model = any($2)`, [
    steps.map(({ model }) => model),
    timed.map(({ model }) => model),
  ])
  if (timed.length === 0) return
  await sql.query(
    `insert into round (model, every, given, next)
     select model, every, $3, $3 from unnest($1::text[], $2::bigint[]) k(model, every)
     on conflict (model) do update set every = excluded.every, next = excluded.next
     where round.every <> excluded.every`,
    [
      timed.map(({ model }) => model),
      timed.map(({ resyncMs = 0 }) => Math.round(resyncMs * 1000)),
      now,
    ],
  )
  await wakeDispatchers(sql)
}

/** SQL of when the next turn of one of the models is; `models` is an array of their names. */
export const nextTurnSql = (models: string): string => `
  (select min(n.next) from round n join step s on s.model = n.model where n.model = any(${models}))`

/** Whether records that had their turn still wait for a dispatcher. */
const isInLine = async (
  sql: Sql,
  root: string,
  { model, from_id, to_id }: Round,
  now: number,
): Promise<boolean> => {
  const waiting = await sql.query(
    `select from record r
     where r.root = $1 and r.id > $2 and r.id <= $3 and r.leaf = $4
       and r.pending and not r.parked and r.lease_owner is null and r.next_run <= $5
     limit 1`,
    [root, from_id, to_id, model, now],
  )
  return waiting.length > 0
}

/**
 * Lets synced records run again, as somebody does who touches them; the others have their work to do, or none. Policies
 * need not see it.
 */
const resyncBetween = (
  sql: Sql,
  key: { readonly root: string; readonly model: string },
  from: number,
  to: number,
  now: number,
): Promise<RowKey[]> =>
  sql.query<RowKey>(
    `update record r
     set updated = k.version,
         policed = case when r.policed is null or r.policy_pending then r.policed else k.version end,
         revision = nextval('revision'), next_run = $5, attempts = 0, failures = 0,
         traces = null
     from (
       select s.root, s.id,
              greatest($5, 1 + greatest(s.updated, s.enacted, s.policed, s.changed_by_step, s.changed_by_policy))
                as version
       from record s
       where s.root = $1 and s.id > $2 and s.id <= $3 and s.leaf = $4
         and not s.pending and not s.deleted and not s.no_sync and not s.lazy_blocked
         and s.lease_owner is null
       order by s.id limit ${portion}
       for update skip locked
     ) k
     where r.root = k.root and r.id = k.id
     returning r.root, r.id`,
    [key.root, from, to, key.model, now],
  )

const lastIdOf = async (sql: Sql, root: string): Promise<number> => {
  const [counter] = await sql.query<{ last: number }>(`select last from counter where root = $1`, [
    root,
  ])
  return counter?.last ?? 0
}

type Turns = Pick<Round, 'from_id' | 'to_id' | 'given'> & {
  readonly next: number
  readonly count: number
}

/** Gives the turns that have come since those before. What a round of them is late by is not made up for. */
const giveTurns = async (sql: Sql, root: string, round: Round, now: number): Promise<Turns> => {
  const { model, every, from_id, to_id } = round
  const last = await lastIdOf(sql, root)
  if (last === 0) return { from_id, to_id, given: now, next: now + emptyPause, count: 0 }
  const given = Math.max(round.given, now - every)
  const perTurn = every / last
  const from = to_id >= last ? 0 : to_id
  const to = Math.min(last, from + Math.floor((now - given) / perTurn))
  if (to === from) {
    const next = given + Math.max(leastPause, Math.ceil(perTurn))
    return { from_id, to_id, given, next, count: 0 }
  }
  const resynced = await resyncBetween(sql, { root, model }, from, to, now)
  const reached = resynced.length < portion ? to : Math.max(...resynced.map(({ id }) => id))
  const through = given + Math.round((reached - from) * perTurn)
  return {
    from_id: from,
    to_id: reached,
    given: through,
    next: through + Math.max(leastPause, Math.ceil(perTurn)),
    count: resynced.length,
  }
}

/**
 * Makes records of the models due whose turn it is to be synced again. None while those before them are still in line,
 * and a portion at most: so changes, which go before them, wait for few, and what cannot keep up comes more seldom.
 *
 * @param now microseconds since 1970
 */
export const giveTurnsOf = async (
  { sql, schema, now }: { readonly sql: Sql; readonly schema: Schema; readonly now: number },
  models: readonly string[],
): Promise<void> => {
  // Of several dispatchers that come at once, one does it.
  const rounds = await sql.query<Round>(
    `select n.model, n.every, n.from_id, n.to_id, n.given
     from round n join step s on s.model = n.model
     where n.model = any($1) and n.next <= $2
     order by n.model for update of n skip locked`,
    [models, now],
  )
  for (const round of rounds) {
    const { root } = modelNamed(schema, round.model)
    if (await isInLine(sql, root, round, now)) continue
    const { from_id, to_id, given, next, count } = await giveTurns(sql, root, round, now)
    await sql.query(
      `update round set from_id = $2, to_id = $3, given = $4, next = $5 where model = $1`,
      [round.model, from_id, to_id, given, next],
    )
    if (count > 0) await wakeDispatchers(sql)
  }
}
