import type { Sql } from '../database.ts'

/**
 * Who publishes changes to the outside, and how far he has come. One owner at a time; one that has not been heard
 * of for a while loses it. Kept by name, so that several may publish to different places.
 */
export type Publishing = {
  /**
   * Takes it, or keeps it, for that long. Answers where to go on, undefined while somebody else has it.
   * `start` is where one begins that never was there.
   */
  take(name: string, owner: string, forMs: number, start: string): Promise<string | undefined>
  /** Notes how far the owner has come; false when it is in other hands, and he has to stop. */
  advance(name: string, owner: string, forMs: number, position: string): Promise<boolean>
  /** Lets somebody else have it at once. */
  release(name: string, owner: string): Promise<void>
}

/** @param now microseconds since 1970 */
export const createPublishing = (sql: Sql, now: () => number): Publishing => ({
  async take(name, owner, forMs, start) {
    const [row] = await sql.query<{ position: string }>(
      `insert into publisher as p (name, position, owner, expires) values ($1, $2, $3, $4)
       on conflict (name) do update set owner = excluded.owner, expires = excluded.expires
       where p.owner is null or p.owner = excluded.owner or p.expires <= $5
       returning p.position`,
      [name, start, owner, now() + forMs * 1000, now()],
    )
    return row?.position
  },

  async advance(name, owner, forMs, position) {
    const rows = await sql.query(
      `update publisher set position = $3, expires = $4 where name = $1 and owner = $2 returning name`,
      [name, owner, position, now() + forMs * 1000],
    )
    return rows.length > 0
  },

  async release(name, owner) {
    await sql.query(
      `update publisher set owner = null, expires = 0 where name = $1 and owner = $2`,
      [name, owner],
    )
  },
})
