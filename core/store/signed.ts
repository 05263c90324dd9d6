import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Database, Sql } from './database.ts'

type SigningKey = { readonly id: number; readonly secret: string; readonly created: number }

const dayMicros = 24 * 60 * 60 * 1_000_000
/** A key signs for so long, and what it signed is good for as long again at most. */
const signsMicros = 30 * dayMicros

/** The keys of a database as one core knows them. All of its cores share them. */
export type SigningKeys = {
  /** Made where there is none that still signs. */
  newest(): Promise<SigningKey>
  find(id: number): Promise<SigningKey | undefined>
}

/** @param now microseconds since 1970 */
export const createSigningKeys = (
  database: Database,
  now: () => number,
  randomBytes: (size: number) => Uint8Array,
): SigningKeys => {
  let known: readonly SigningKey[] = []

  const look = async (sql: Sql): Promise<void> => {
    known = await sql.query<SigningKey>(`select id, secret, created from signing_key order by id`)
  }

  const isFresh = (key: SigningKey): boolean => key.created > now() - signsMicros

  const renew = (): Promise<void> =>
    database.transaction(async (sql) => {
      await sql.query(`delete from signing_key where created <= $1`, [now() - 2 * signsMicros])
      await sql.query(
        `insert into signing_key (secret, created)
         select $1, $2 where not exists (select from signing_key where created > $3)`,
        [Buffer.from(randomBytes(32)).toString('base64url'), now(), now() - signsMicros],
      )
      await look(sql)
    })

  return {
    async newest() {
      const held = known.at(-1)
      if (held !== undefined && isFresh(held)) return held
      await renew()
      const made = known.at(-1)
      if (made === undefined) throw new Error('No key was made')
      return made
    },

    async find(id) {
      const held = known.find((key) => key.id === id)
      if (held !== undefined) return held
      await look(database)
      return known.find((key) => key.id === id)
    },
  }
}

/** Signs values for one purpose: what was signed for another is nothing here. */
export type Signed = {
  /** Answers what writes a value of JSON as text: `KEY.VALUE.MAC`, fit for an URL. Many may be signed by it at once. */
  signer(): Promise<(value: unknown) => string>
  /** The value that a core of this database has signed; undefined for any other text. */
  read(text: string): Promise<unknown>
}

export const createSigned = (keys: SigningKeys, purpose: string): Signed => {
  const macOf = ({ secret }: SigningKey, text: string): Buffer =>
    createHmac('sha256', secret).update(`${purpose}.${text}`).digest()

  return {
    async signer() {
      const key = await keys.newest()
      return (value) => {
        const text = `${key.id}.${Buffer.from(JSON.stringify(value)).toString('base64url')}`
        return `${text}.${macOf(key, text).toString('base64url')}`
      }
    },

    async read(text) {
      const [, id = '', payload = '', mac = ''] =
        /^(\d{1,9})\.([\w-]{1,500})\.([\w-]{43})$/.exec(text) ?? []
      const key = id === '' ? undefined : await keys.find(Number(id))
      if (key === undefined) return undefined
      const isSigned = timingSafeEqual(
        macOf(key, `${id}.${payload}`),
        Buffer.from(mac, 'base64url'),
      )
      // Only what was signed here is parsed.
      return isSigned
        ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown)
        : undefined
    },
  }
}
