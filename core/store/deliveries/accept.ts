import { encodeEvent, type CloudEvent, type EventFilter } from '#contract'
import type { Sql } from '../database.ts'
import { wakeDispatchers } from '../wake.ts'
import { digestOf } from './digest.ts'
import { advance, lockLines } from './lines.ts'
import type { Acceptance } from './port.ts'
import { firstStatus } from './row.ts'
import { isWanted } from './wanted.ts'

type EventStep = {
  readonly synchronizer: string
  readonly step: string
  readonly filter: EventFilter
}

/** Events with the same one are dealt with one after the other. Sources of Kafka tell it by the name of their own. */
const partitionKeyOf = ({ type, extensions }: CloudEvent): string | undefined => {
  const key =
    extensions['partitionkey'] ??
    (type === 'dev.knative.kafka.event' ? extensions['key'] : undefined)
  return key === undefined ? undefined : String(key)
}

const rowOf = ({ synchronizer, step }: EventStep, event: CloudEvent, text: string) => {
  const key = partitionKeyOf(event)
  return {
    synchronizer,
    step,
    identity: digestOf(event.source, event.id),
    source: event.source,
    id: event.id,
    type: event.type,
    text,
    line: key === undefined ? null : digestOf(synchronizer, step, key),
  }
}

type NewRow = ReturnType<typeof rowOf>

const insert = (sql: Sql, rows: readonly NewRow[], now: number) => {
  const all = (name: keyof NewRow) => rows.map((row) => row[name])
  return sql.query<{ line: string | null }>(
    `insert into delivery
       (synchronizer, step, kind, identity, source, event_id, type, event, line, parked, next_run, received, code, status)
     select synchronizer, step, 'event', identity, source, event_id, type, event, line, line is not null, $9, $9, $10, $11
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
       with ordinality k(synchronizer, step, identity, source, event_id, type, event, line, number)
     order by number
     on conflict (synchronizer, step, identity) do nothing
     returning line`,
    [
      all('synchronizer'),
      all('step'),
      all('identity'),
      all('source'),
      all('id'),
      all('type'),
      all('text'),
      all('line'),
      now,
      firstStatus.code,
      firstStatus.text,
    ],
  )
}

/**
 * Stores events for every step that wants them, all or none of them. One that came before, by source and id, changes
 * nothing.
 *
 * @param now microseconds since 1970
 */
export const accept = async (
  sql: Sql,
  events: readonly CloudEvent[],
  now: number,
): Promise<Acceptance> => {
  const steps = await sql.query<EventStep>(
    `select synchronizer, step, filter from event_step order by synchronizer, step`,
  )
  const wanted = events.map((event) => steps.filter(({ filter }) => isWanted(filter, event)))
  const unwanted = wanted.filter((by) => by.length === 0).length
  const rows = events.flatMap((event, index) => {
    const by = wanted[index] ?? []
    const text = by.length === 0 ? '' : encodeEvent(event, 'structured').body
    return by.map((step) => rowOf(step, event, text))
  })
  if (rows.length === 0) return { stored: 0, repeated: 0, unwanted }
  const lines = rows.map(({ line }) => line)
  await lockLines(sql, lines)
  const inserted = await insert(sql, rows, now)
  await advance(
    sql,
    inserted.map(({ line }) => line),
  )
  if (inserted.length > 0) await wakeDispatchers(sql)
  return { stored: inserted.length, repeated: rows.length - inserted.length, unwanted }
}
