import type { Source } from '#xproto'
import type { Sql } from './database.ts'
import type { DatabaseInfo } from './port.ts'

type Answer = { readonly name: string; readonly connection: string; readonly version: string }

/** Which database this is. One that does not answer is in state ERROR, and that is all there is to say of it. */
export const databaseInfo = async (sql: Sql): Promise<DatabaseInfo> => {
  try {
    const [answer] = await sql.query<Answer>(
      `select current_database()::text as name,
              coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'local') as connection,
              split_part(current_setting('server_version'), ' ', 1) as version`,
    )
    if (answer !== undefined) return { ...answer, status: 'OPERATIONAL' }
  } catch {
    // Whoever asks wants to know just that.
  }
  return { name: '', connection: '', version: '', status: 'ERROR' }
}

/** The texts of the core models and of every loaded service, one after the other. */
export const xprotoText = (sources: readonly Source[]): string =>
  sources.map(({ text }) => `\n${text}`).join('')
