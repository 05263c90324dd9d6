import type { Fields } from '#contract'
import { requireAdministrator } from '../../access/require-administrator.ts'
import { CoreError } from '../../errors.ts'
import { note } from '../audit.ts'
import type { Caller } from '../caller.ts'
import type { Database, Sql } from '../database.ts'
import { wakeDispatchers } from '../wake.ts'
import { accept } from './accept.ts'
import { pruneDeliveries } from './keep.ts'
import { advance, lockLines } from './lines.ts'
import type { Deliveries, DeliveryQuestion, StoredDelivery } from './port.ts'
import { stepText, type DeliveryRow } from './row.ts'

const mostListed = 1000

/** Without the event. */
const columns = `place, synchronizer, step, kind, source, event_id, type, line, state, next_run, attempts, failures,
  calls, code, status, lease_token, received, ended`

type ListedRow = Omit<DeliveryRow, 'event'>

const deliveryOf = (row: ListedRow): StoredDelivery => ({
  id: row.place,
  step: stepText(row),
  kind: row.kind,
  state: row.state,
  source: row.source,
  eventId: row.event_id,
  type: row.type,
  received: row.received,
  ...(row.state === 'ready' ? { nextRun: row.next_run } : {}),
  ...(row.ended === null ? {} : { ended: row.ended }),
  failures: row.failures,
  calls: row.calls,
  code: row.code,
  status: row.status,
})

const checkLimit = (limit: number): void => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= mostListed) return
  throw new CoreError('INVALID_FIELD', `Expected a limit of 1 to ${mostListed}, got ${limit}`, {
    limit: 'out of range',
  })
}

const list = (sql: Sql, { state, step, limit, after }: DeliveryQuestion): Promise<ListedRow[]> =>
  sql.query<ListedRow>(
    `select ${columns} from delivery
     where ($1::text is null or state = $1) and place > $2
       and ($3::text is null or step = $3 or synchronizer || '/' || step = $3)
     order by place limit $4`,
    [state ?? null, after ?? 0, step ?? null, limit],
  )

const notFound = (id: number): CoreError =>
  new CoreError('NOT_FOUND', `There is no delivery with id ${id}`)

/** The delivery, locked with its line. Throws NOT_FOUND, VALIDATION when it is done. */
const openRow = async (sql: Sql, id: number): Promise<ListedRow> => {
  const [known] = await sql.query<{ line: string | null }>(
    `select line from delivery where place = $1`,
    [id],
  )
  if (known === undefined) throw notFound(id)
  await lockLines(sql, [known.line])
  const [row] = await sql.query<ListedRow>(
    `select ${columns} from delivery where place = $1 for update`,
    [id],
  )
  if (row === undefined) throw notFound(id)
  if (row.state !== 'done') return row
  throw new CoreError('VALIDATION', `Delivery ${id} is done: its event is kept no longer`)
}

/** A ready one keeps its place in its line; a dead one joins it again. */
const retry = async (sql: Sql, row: ListedRow, now: number): Promise<void> => {
  await sql.query(
    `update delivery
     set state = 'ready', next_run = least(next_run, $2), failures = 0, ended = case when kind = 'pull' then ended end,
         attempts = case when lease_owner is null then 0 else attempts end,
         parked = parked or (state = 'dead' and line is not null)
     where place = $1`,
    [row.place, now],
  )
}

const discard = async (sql: Sql, row: ListedRow, now: number): Promise<void> => {
  if (row.kind === 'pull') {
    throw new CoreError(
      'VALIDATION',
      `Delivery ${row.place} is a pull step, which ends with its registration`,
    )
  }
  if (row.lease_token !== null) {
    throw new CoreError(
      'IN_PROGRESS',
      `The step of delivery ${row.place} is called for it just now; try again when it has answered`,
    )
  }
  // It stays known, so that it is not taken again when it comes once more.
  await sql.query(
    `update delivery
     set state = 'done', ended = $2, status = 'Discarded', event = null, parked = false
     where place = $1`,
    [row.place, now],
  )
}

/** @param now microseconds since 1970 */
export const createDeliveries = (database: Database, now: () => number): Deliveries => {
  /** As an administrator who is told of in the audit. */
  const change = (
    caller: Caller,
    id: number,
    operation: 'delivery-retried' | 'delivery-discarded',
    work: (sql: Sql, row: ListedRow, now: number) => Promise<void>,
  ): Promise<void> =>
    database.transaction(async (sql) => {
      const row = await openRow(sql, id)
      await work(sql, row, now())
      await advance(sql, [row.line])
      await note(sql, caller, { at: now(), operation, model: `delivery of ${stepText(row)}`, id })
      await wakeDispatchers(sql)
    })

  return {
    accept: (events) => database.transaction((sql) => accept(sql, events, now())),

    async list(caller, question) {
      requireAdministrator(caller, 'list deliveries')
      checkLimit(question.limit)
      return (await list(database, question)).map(deliveryOf)
    },

    async get(caller, id) {
      requireAdministrator(caller, 'read deliveries')
      const [row] = await database.query<DeliveryRow>(
        `select ${columns}, event from delivery where place = $1`,
        [id],
      )
      if (row === undefined) throw notFound(id)
      const event = row.event === null ? undefined : (JSON.parse(row.event) as Fields)
      return { ...deliveryOf(row), ...(event === undefined ? {} : { event }) }
    },

    async retry(caller, id) {
      requireAdministrator(caller, 'retry deliveries')
      await change(caller, id, 'delivery-retried', retry)
    },

    async discard(caller, id) {
      requireAdministrator(caller, 'discard deliveries')
      await change(caller, id, 'delivery-discarded', discard)
    },

    prune: () => pruneDeliveries(database, now()),
  }
}
