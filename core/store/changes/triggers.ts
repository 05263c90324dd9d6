import { columnNames } from '../row.ts'

/** The channel that carries "there are new changes" to every core. */
export const changeChannel = 'syncstep_change'

/** What a transaction says of itself, for its changes to be noted with; see `writer.ts`. */
export const callerSetting = 'syncstep.caller'
export const nowSetting = 'syncstep.now'

const copied = ['root', 'id', 'leaf', ...columnNames]

/** SQL that names what differs between two rows: columns, and keys of `fields`. */
const changedNames = `
  array_remove(array[${copied
    .map((name) => `case when n.${name} is distinct from o.${name} then '${name}' end`)
    .join(', ')}], null)
  || case when n.fields is distinct from o.fields then (
       select array_agg(coalesce(a.key, b.key))
       from jsonb_each(n.fields) a full join jsonb_each(o.fields) b on a.key = b.key
       where a.value is distinct from b.value) end`

type Note = {
  readonly row: 'n' | 'o'
  readonly revision: string
  readonly kind: string
  readonly changed: string
  readonly from: string
}

/**
 * Notes what a statement made of records, all of its rows at once. Of an update only the rows whose revision it
 * moved: leases and the like are no changes. Where somebody asked for the write, the audit gets it as well.
 */
const noteFunction = (name: string, { row, revision, kind, changed, from }: Note): string => {
  const insert = `
      insert into change (revision, kind, at, changed, fields, ${copied.join(', ')})
      select ${revision}, ${kind}, coalesce(noted_at, ${row}.updated), ${changed},
        case when ${row}.root = 'User' then ${row}.fields - 'password' else ${row}.fields end,
        ${copied.map((column) => `${row}.${column}`).join(', ')}
      from ${from}`
  return `
  create or replace function ${name}() returns trigger
  language plpgsql
  -- Its plans are kept, and the first statement may have had one row only.
  set enable_nestloop = off
  as $$
  declare
    caller text := coalesce(current_setting('${callerSetting}', true), '');
    noted_at bigint := nullif(current_setting('${nowSetting}', true), '');
  begin
    if caller = '' then
      ${insert};
    else
      with noted as (
        ${insert}
        returning revision, kind, at, changed, leaf, id
      )
      insert into audit (revision, at, user_id, email, step, face, operation, model, record_id, changed)
      select n.revision, n.at, c."userId", c.email, c.step, c.face, n.kind, n.leaf, n.id, n.changed
      from noted n,
        jsonb_to_record(caller::jsonb) c("userId" int, email text, step text, face text);
    end if;
    if found then
      perform pg_notify('${changeChannel}', '');
    end if;
    return null;
  end $$`
}

const none = `'{}'::text[]`

/**
 * Links to many are no fields of the row: their names are added to what the same transaction noted of their record.
 * Where it noted nothing, it does now. A link that goes with its target changes nobody.
 */
const linkFunction = `
  create or replace function note_link() returns trigger
  language plpgsql as $$
  declare
    link public.link := case when tg_op = 'DELETE' then old else new end;
    noted record;
  begin
    if not exists (select from record r where r.root = link.target_root and r.id = link.target_id) then
      return null;
    end if;
    for attempt in 1..2 loop
      select c.revision, c.kind, c.changed into noted
      from record r join change c on c.revision = r.revision
      where r.root = link.source_root and r.id = link.source_id
        and c.xmin = pg_current_xact_id()::xid;
      exit when found;
      update record r set revision = nextval('revision')
      where r.root = link.source_root and r.id = link.source_id;
    end loop;
    if noted.kind <> 'created' and not link.field = any(noted.changed) then
      update change set changed = changed || link.field where revision = noted.revision;
      update audit set changed = changed || link.field where revision = noted.revision;
    end if;
    return null;
  end $$`

/** Functions and triggers of the log; made anew at each start, so that they are as this version wants them. */
export const changeTriggers: readonly string[] = [
  noteFunction('note_created', {
    row: 'n',
    revision: 'n.revision',
    kind: `'created'`,
    changed: none,
    from: 'n',
  }),
  noteFunction('note_updated', {
    row: 'n',
    revision: 'n.revision',
    kind: `case when n.deleted and not o.deleted then 'deleted' else 'updated' end`,
    changed: changedNames,
    from: 'n join o on n.root = o.root and n.id = o.id where n.revision <> o.revision',
  }),
  noteFunction('note_purged', {
    row: 'o',
    revision: `nextval('revision')`,
    kind: `'purged'`,
    changed: none,
    from: 'o',
  }),
  linkFunction,
  `create or replace trigger note_created after insert on record referencing new table as n
   for each statement execute function note_created()`,
  `create or replace trigger note_updated after update on record referencing old table as o new table as n
   for each statement execute function note_updated()`,
  `create or replace trigger note_purged after delete on record referencing old table as o
   for each statement execute function note_purged()`,
  `create or replace trigger note_new_link after insert on link
   for each row when (new.many) execute function note_link()`,
  `create or replace trigger note_old_link after delete on link
   for each row when (old.many) execute function note_link()`,
]
