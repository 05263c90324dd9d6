import type { Sql } from '../database.ts'

export type Settled = {
  /** Up to here every change is there to be read, or was rolled back. */
  readonly revision: number
  /** The youngest change that is there; undefined as long as an earlier look is not concluded. */
  readonly last: number | undefined
}

/**
 * Tells how far the log can be read without passing over a change that is committed later. A transaction draws
 * revisions before it commits, so the order of revisions is not that of commits.
 *
 * Every writer takes its transaction id before it draws a revision. So when the youngest change is looked at first
 * and an id is taken then, all revisions up to that change belong to transactions with lower ids; once none of those
 * goes on, they are settled. Ids are used for this only and kept nowhere: they mean nothing on another server.
 */
export const createSettling = (sql: Sql): (() => Promise<Settled>) => {
  let settled = 0
  let look: { readonly last: number; readonly id: string } | undefined

  const lookAtLast = async (): Promise<number> => {
    const [seen] = await sql.query<{ last: number; id: string | null }>(
      `select last, case when last > $1 then pg_current_xact_id()::text end as id
       from (select greatest(l.pruned, (select max(c.revision) from change c)) as last
             from change_log l) seen`,
      [settled],
    )
    if (seen === undefined) return settled
    if (seen.id !== null) look = { last: seen.last, id: seen.id }
    return seen.last
  }

  const conclude = async (): Promise<void> => {
    if (look === undefined) return
    const [row] = await sql.query<{ over: boolean }>(
      `select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8 as over`,
      [look.id],
    )
    if (row?.over !== true) return
    settled = look.last
    look = undefined
  }

  const settle = async (): Promise<Settled> => {
    // An earlier look comes first: of ever new ones none might ever be concluded.
    await conclude()
    if (look !== undefined) return { revision: settled, last: undefined }
    const last = await lookAtLast()
    await conclude()
    return { revision: settled, last }
  }

  // One after the other; who comes while one runs gets the next, which sees what he has seen.
  let running: Promise<Settled> | undefined
  let next: Promise<Settled> | undefined
  const start = (): Promise<Settled> => {
    next = undefined
    const started = settle().finally(() => {
      if (running === started) running = undefined
    })
    running = started
    return started
  }
  return () => {
    if (running === undefined) return start()
    next ??= running.then(start, start)
    return next
  }
}
