import type { Dependency } from '#contract'
import type { Schema } from '#xproto'
import { isDeepStrictEqual } from 'node:util'
import type { Sql } from './database.ts'
import { builtIn, hopsOf, type Hop } from './dependencies.ts'
import type { RowKey } from './row.ts'
import { stopWaiting, wakeDispatchers } from './wake.ts'

// Who waits for whom over records in between is written down when links change, in the table edge: so a lease only
// looks it up, and a delete runs in reverse although what was in between is gone already.

/** SQL of the records one link on from a record, and one back; see wake.ts for why each is looked up by itself. */
const stepSql = (from: string, hop: string, forwards: boolean): string => {
  const along = forwards ? `not ${hop}.backwards` : `${hop}.backwards`
  return `
    lateral (
      (select l.target_root as root, l.target_id as id from link l
       where ${along} and l.source_root = ${from}.root and l.source_id = ${from}.id and l.field = ${hop}.field
       order by l.target_root, l.target_id offset 0)
      union all
      (select l.source_root, l.source_id from link l
       where not (${along}) and l.target_root = ${from}.root and l.target_id = ${from}.id and l.field = ${hop}.field
       order by l.source_root, l.source_id offset 0)
    )`
}

/** SQL of a record if it may stand at a hop; deleted ones only at an end. */
const standingSql = (key: string, hop: string, isEnd: string): string => `
    lateral (
      select r.root, r.id from record r
      where r.root = ${key}.root and r.id = ${key}.id and r.leaf = any(${hop}.leaves)
        and (${isEnd} or not r.deleted)
      offset 0
    )`

/** SQL of `walk`: every way from records along the paths that begin at their models, but over deleted ones. */
const walkSql = (starts: string): string => `
  walk as (
    select r.root as start_root, r.id as start_id, r.root, r.id, h.path, 0 as position, false as is_last,
           '' as via
    from (${starts}) k
      join record r on r.root = k.root and r.id = k.id
      join hop h on h.position = 0 and r.leaf = any(h.leaves)
    union
    select w.start_root, w.start_id, t.root, t.id, w.path, h.position, h.is_last,
           case when w.position = 0 then '' else w.via || w.root || '/' || w.id || ' ' end
    from walk w
      join hop h on h.path = w.path and h.position = w.position + 1
      cross join ${stepSql('w', 'h', true)} n
      cross join ${standingSql('n', 'h', 'h.is_last')} t
  ),
  found as (
    select start_root, start_id, root, id, via from walk
    where is_last and (start_root, start_id) <> (root, id)
  )`

/** Records that wait along paths that lead over these, or may come to. */
export const startsThrough = (sql: Sql, keys: readonly RowKey[]): Promise<RowKey[]> =>
  sql.query<RowKey>(
    `with recursive back as (
       select r.root, r.id, h.path, h.position
       from jsonb_to_recordset($1::jsonb) k(root text, id int)
         join record r on r.root = k.root and r.id = k.id
         join hop h on r.leaf = any(h.leaves) and (h.backwards or not h.is_last)
       union
       select n.root, n.id, b.path, b.position - 1
       from back b
         join hop h on h.path = b.path and h.position = b.position and h.position > 0
         cross join ${stepSql('b', 'h', false)} n
     )
     select distinct b.root, b.id from back b where b.position = 0 order by b.root, b.id`,
    [JSON.stringify(keys.map(({ root, id }) => ({ root, id })))],
  )

/**
 * Writes down for whom these wait by now. While one of two is deleted, what was between them still counts: it may have
 * gone with it. Who waits for fewer than before looks again.
 */
export const renewEdges = async (sql: Sql, starts: readonly RowKey[]): Promise<void> => {
  if (starts.length === 0) return
  const freed = await sql.query<RowKey>(
    `with recursive k as (select * from jsonb_to_recordset($1::jsonb) k(root text, id int)),
     ${walkSql('select * from k')},
     gone as (
       delete from edge e using k, record r, record o
       where e.root = k.root and e.id = k.id
         and r.root = e.root and r.id = e.id and not r.deleted
         and o.root = e.on_root and o.id = e.on_id and not o.deleted
         and not exists (
           select from found f
           where f.start_root = e.root and f.start_id = e.id
             and f.root = e.on_root and f.id = e.on_id and f.via = e.via)
       returning e.root, e.id
     ),
     made as (
       insert into edge (root, id, on_root, on_id, via)
       select start_root, start_id, root, id, via from found
       on conflict do nothing
     )
     select distinct root, id from gone`,
    [JSON.stringify(starts.map(({ root, id }) => ({ root, id })))],
  )
  if (freed.length === 0) return
  // First the lock: who is just being parked has waits that only the next statement sees.
  await sql.query(
    `select from record r join jsonb_to_recordset($1::jsonb) k(root text, id int)
       on r.root = k.root and r.id = k.id
     order by r.root, r.id
     for update of r`,
    [JSON.stringify(freed)],
  )
  await stopWaiting(sql, freed)
  await sql.query(
    `update record r set parked = false
     from jsonb_to_recordset($1::jsonb) k(root text, id int)
     where r.root = k.root and r.id = k.id and r.parked`,
    [JSON.stringify(freed)],
  )
  await wakeDispatchers(sql)
}

/**
 * Writes down who waits over a new record, for it, and for whom it waits: of the ways only those that lead over it, because
 * others that begin where these do may be many.
 */
export const addEdges = async (sql: Sql, { root, id }: RowKey): Promise<void> => {
  await sql.query(
    `with recursive here as (
       select distinct r.root, r.id, h.path, h.position, h.is_last
       from record r join hop h on r.leaf = any(h.leaves)
       where r.root = $1 and r.id = $2
     ),
     back as (
       select root, id, path, position as pin, position, '' as via from here
       union
       select t.root, t.id, b.path, b.pin, b.position - 1,
              case when b.position = b.pin then '' else b.root || '/' || b.id || ' ' || b.via end
       from back b
         join hop h on h.path = b.path and h.position = b.position and h.position > 0
         join hop p on p.path = b.path and p.position = b.position - 1
         cross join ${stepSql('b', 'h', false)} n
         cross join ${standingSql('n', 'p', 'p.position = 0')} t
     ),
     forth as (
       select root, id, path, position as pin, position, is_last, '' as via from here
       union
       select t.root, t.id, f.path, f.pin, h.position, h.is_last,
              case when f.position = f.pin then '' else f.via || f.root || '/' || f.id || ' ' end
       from forth f
         join hop h on h.path = f.path and h.position = f.position + 1
         cross join ${stepSql('f', 'h', true)} n
         cross join ${standingSql('n', 'h', 'h.is_last')} t
     )
     insert into edge (root, id, on_root, on_id, via)
     select b.root, b.id, f.root, f.id,
            b.via || case when b.pin = 0 or f.position = f.pin then '' else $1 || '/' || $2 || ' ' end || f.via
     from back b join forth f on f.path = b.path and f.pin = b.pin
     where b.position = 0 and f.is_last and (b.root, b.id) <> (f.root, f.id)
     on conflict do nothing`,
    [root, id],
  )
}

const layAllEdges = async (sql: Sql): Promise<void> => {
  await sql.query(
    `delete from edge e using record r, record o
     where r.root = e.root and r.id = e.id and not r.deleted
       and o.root = e.on_root and o.id = e.on_id and not o.deleted`,
  )
  const starts = `
    select r.root, r.id from record r
    where exists (select from hop h where h.position = 0 and r.leaf = any(h.leaves))`
  await sql.query(
    `with recursive ${walkSql(starts)}
     insert into edge (root, id, on_root, on_id, via)
     select start_root, start_id, root, id, via from found
     on conflict do nothing`,
  )
}

type StoredDependency = Dependency & { readonly synchronizer: string }

/** What synchronizers said beside what their links say. */
export const readDependencies = (sql: Sql): Promise<StoredDependency[]> =>
  sql.query<StoredDependency>(
    `select synchronizer, model, target as "on", path from dependency
     order by synchronizer collate "C", model collate "C", target collate "C", path collate "C"`,
  )

/**
 * Brings paths, and who waits along them, to the models of a schema. What these do not have is left out.
 *
 * @param evolved records may link to others than before
 */
export const reconcileEdges = async (sql: Sql, schema: Schema, evolved: boolean): Promise<void> => {
  const dependencies = [...builtIn, ...(await readDependencies(sql))]
  const hops = new Map<string, Hop>()
  for (const hop of dependencies.flatMap((one) => hopsFound(schema, one))) {
    hops.set(JSON.stringify([hop.path, hop.position, hop.field, hop.backwards]), hop)
  }
  const wanted = [...hops.values()]
  const before = await sql.query<Hop>(
    `select path, position, field, backwards, leaves, is_last from hop order by place`,
  )
  if (!evolved && isDeepStrictEqual(before, wanted)) return
  await sql.query(`delete from hop`)
  await sql.query(
    `insert into hop (path, position, field, backwards, leaves, is_last, place)
     select path, position, field, backwards, leaves, is_last, place
     from jsonb_to_recordset($1::jsonb) k(
       path text, position int, field text, backwards boolean, leaves text[], is_last boolean, place int)`,
    [JSON.stringify(wanted.map((hop, place) => ({ ...hop, place })))],
  )
  await layAllEdges(sql)
}

const hopsFound = (schema: Schema, dependency: Dependency): readonly Hop[] => {
  const hops = hopsOf(schema, dependency)
  return typeof hops === 'string' ? [] : hops
}
