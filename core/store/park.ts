import { cutText, statusAfter, waitingStatus } from '#contract'
import type { Sql } from './database.ts'
import { rowKeyText, type RecordRow, type RowKey } from './row.ts'
import { waitersSql, waitsSql } from './wake.ts'

/** A record that is due, and one that it has to wait for. */
type Blocked = RowKey & {
  readonly leaf: string
  readonly backend_status: string
  readonly backend_code: number
  readonly on_root: string
  readonly on_id: number
  readonly on_leaf: string
  readonly on_status: string
}

/** The two ends of a row of a table that says who waits for whom. */
type Ends = { readonly table: string; readonly waiter: string; readonly on: string }

const linkEnds: Ends = { table: 'link', waiter: 'source_', on: 'target_' }
const edgeEnds: Ends = { table: 'edge', waiter: '', on: 'on_' }

const blockersAlong = (due: string, { table, waiter, on }: Ends): string => `
  select d.root, d.id, b.root as on_root, b.id as on_id
  from ${due} d
    join ${table} l on l.${waiter}root = d.root and l.${waiter}id = d.id
    join record b on b.root = l.${on}root and b.id = l.${on}id
  where not d.deleted and b.pending and not b.deleted and (b.root, b.id) <> (d.root, d.id)
    and exists (select from step s where s.model = b.leaf)
  union
  select d.root, d.id, b.root, b.id
  from ${due} d
    join ${table} l on l.${on}root = d.root and l.${on}id = d.id
    join record b on b.root = l.${waiter}root and b.id = l.${waiter}id
  where d.deleted and b.pending and b.deleted and (b.root, b.id) <> (d.root, d.id)
    and exists (select from step s where s.model = b.leaf)`

/**
 * What each due record waits for. To be synced: the pending records that it links to, and those that it waits for over
 * others; see edges.ts. To be deleted: those that link to it, or wait for it, and are still to be deleted. A record
 * whose model no step observes holds nobody up.
 */
export const blockersSql = (due: string): string =>
  `${blockersAlong(due, linkEnds)} union ${blockersAlong(due, edgeEnds)}`

/** SQL that is true while the step of a record waits for its policy to deal with the version there is. */
export const waitsForPolicy = (record: string): string => `
  (${record}.policy_pending and not ${record}.deleted and exists (
     select from step s join policy p on p.model = s.model
     where s.model = ${record}.leaf and s.after_policy))`

/**
 * Takes due records out of the ready index until their policies have dealt with them. The caller holds them, so that no
 * policy succeeds meanwhile.
 */
export const parkForPolicies = async (
  sql: Sql,
  rows: readonly Pick<RecordRow, 'root' | 'id' | 'leaf' | 'backend_status' | 'backend_code'>[],
): Promise<void> => {
  const statuses = rows.map(({ root, id, leaf, backend_status, backend_code }) => {
    const previous = { code: backend_code, text: backend_status }
    const text = `Waiting for the policy of ${leaf} ${id}`
    return { root, id, leaf, ...statusAfter(previous, { kind: 'deferred', text }, 'sync') }
  })
  await writeStatuses(sql, statuses)
  await tellWaiters(
    sql,
    statuses.map(({ root, id, leaf, text }) => ({ root, id, leaf, status: text })),
  )
}

/**
 * Takes due records that have to wait out of the ready index, until what they wait for wakes them, and writes on
 * each what it waits for.
 */
export const park = async (sql: Sql, due: readonly RowKey[]): Promise<void> => {
  // The share lock makes a blocker that is just being reported stay pending, or not, until we have committed; one
  // that somebody else holds is passed over, and its commit wakes the dispatchers anyway.
  const blocked = await sql.query<Blocked>(
    `with due as (
       select r.* from record r join jsonb_to_recordset($1::jsonb) k(root text, id int)
         on r.root = k.root and r.id = k.id
     ),
     pair as (${blockersSql('due')})
     select d.root, d.id, d.leaf, d.backend_status, d.backend_code,
            b.root as on_root, b.id as on_id, b.leaf as on_leaf, b.backend_status as on_status
     from pair p join due d on d.root = p.root and d.id = p.id
       join record b on b.root = p.on_root and b.id = p.on_id
     where b.pending
     order by b.root, b.id
     for share of b skip locked`,
    [JSON.stringify(due)],
  )
  if (blocked.length === 0) return
  await sql.query(
    `insert into wait (root, id, on_root, on_id)
     select root, id, on_root, on_id
     from jsonb_to_recordset($1::jsonb) k(root text, id int, on_root text, on_id int)
     on conflict do nothing`,
    [JSON.stringify(blocked.map(({ root, id, on_root, on_id }) => ({ root, id, on_root, on_id })))],
  )
  const first = new Map(blocked.toReversed().map((row) => [rowKeyText(row), row]))
  await writeStatuses(
    sql,
    [...first.values()].map((row) => {
      const previous = { code: row.backend_code, text: row.backend_status }
      const key = { model: row.on_leaf, id: row.on_id }
      const { code, text } = waitingStatus(previous, key, row.on_status)
      return { root: row.root, id: row.id, code, text }
    }),
  )
  await nameCircles(sql, [...first.values()])
}

type ParkedStatus = RowKey & { readonly code: number; readonly text: string }

const writeStatuses = async (sql: Sql, statuses: readonly ParkedStatus[]): Promise<void> => {
  await sql.query(
    `update record r
     set parked = true, backend_code = k.code, backend_status = k.text,
         revision = case when r.backend_status = k.text then r.revision else nextval('revision') end
     from jsonb_to_recordset($1::jsonb) k(root text, id int, code int, text text)
     where r.root = k.root and r.id = k.id`,
    [JSON.stringify(statuses)],
  )
}

/** Longest circle that is looked for; a longer one still waits, but is not named. */
const maxCircle = 32

/** Where records wait for each other in a circle, every one of them says so, and names the circle. */
const nameCircles = async (sql: Sql, parked: readonly RowKey[]): Promise<void> => {
  const found = await sql.query<{ path: RowKey[]; names: string }>(
    `with recursive walk as (
       select k.root, k.id, w.on_root, w.on_id, array[k.root || '/' || k.id] as seen,
              jsonb_build_array(jsonb_build_object('root', k.root, 'id', k.id)) as path,
              r.leaf || ' ' || r.id as names
       from jsonb_to_recordset($1::jsonb) k(root text, id int)
         join record r on r.root = k.root and r.id = k.id
         cross join ${waitsSql('k')} w
       union all
       select v.root, v.id, w.on_root, w.on_id, v.seen || (r.root || '/' || r.id),
              v.path || jsonb_build_object('root', r.root, 'id', r.id),
              v.names || ' -> ' || r.leaf || ' ' || r.id
       from walk v
         join record r on r.root = v.on_root and r.id = v.on_id
         cross join ${waitsSql('r')} w
       where not (r.root || '/' || r.id) = any(v.seen) and cardinality(v.seen) < ${maxCircle}
     )
     select distinct on (root, id) path, names
     from walk
     where on_root = root and on_id = id
     order by root, id, cardinality(seen)`,
    [JSON.stringify(parked.map(({ root, id }) => ({ root, id })))],
  )
  for (const { path, names } of found) {
    const text = `These wait for each other, change a link to break the circle: ${names} -> ${names.split(' -> ')[0] ?? ''}`
    await sql.query(
      // Only those that are still asleep: the others may have been woken since the circle was walked.
      `update record r
       set backend_code = 2, backend_status = $2, revision = nextval('revision')
       from jsonb_to_recordset($1::jsonb) k(root text, id int)
       where r.root = k.root and r.id = k.id and r.parked`,
      [JSON.stringify(path), cutText(text)],
    )
  }
}

/** A record that failed or was deferred, and what it says now. */
export type Told = RowKey & { readonly leaf: string; readonly status: string }

/** How far news travels along records that wait for records that wait. */
const maxHops = 8

/** Passes a new text on to those that wait for it, so that each says what it waits for as it is now. */
export const tellWaiters = async (sql: Sql, news: readonly Told[]): Promise<void> => {
  let told = news
  for (let hop = 0; hop < maxHops && told.length > 0; hop += 1) {
    const waiters = await sql.query<RowKey & Omit<Blocked, 'on_root'>>(
      `select distinct on (r.root, r.id) r.root, r.id, r.leaf, r.backend_status, r.backend_code,
              k.id as on_id, k.leaf as on_leaf, k.status as on_status
       from jsonb_to_recordset($1::jsonb) k(root text, id int, leaf text, status text)
         cross join ${waitersSql('k')} w
         cross join lateral (
           select r.* from record r
           where r.root = w.root and r.id = w.id and r.backend_code = 0 offset 0
         ) r
       order by r.root, r.id`,
      [JSON.stringify(told)],
    )
    const next = waiters.flatMap((row) => {
      const previous = { code: row.backend_code, text: row.backend_status }
      const { text } = waitingStatus(previous, { model: row.on_leaf, id: row.on_id }, row.on_status)
      return text === row.backend_status
        ? []
        : [{ root: row.root, id: row.id, leaf: row.leaf, status: text }]
    })
    if (next.length === 0) return
    await sql.query(
      `update record r set backend_status = k.status, revision = nextval('revision')
       from jsonb_to_recordset($1::jsonb) k(root text, id int, status text)
       where r.root = k.root and r.id = k.id and r.parked and r.backend_code = 0`,
      [JSON.stringify(next)],
    )
    told = next
  }
}
