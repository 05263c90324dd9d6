import { CoreClientError, type Log } from 'syncstep/functions'
import { definePullStep, type Client, type TenantDatabaseFields } from '../models/types.ts'
import { connectTo, inSession, type Place } from '../postgres/session.ts'

type Sizes = ReadonlyMap<unknown, number>

/** How large each database of a server is, in bytes. */
const readSizes = (server: Place): Promise<Sizes> =>
  inSession(connectTo(server), async (session) => {
    const rows = await session.run(
      'select datname as name, pg_database_size(oid)::float8 as bytes from pg_database',
    )
    return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]))
  })

/** None of a server that is down, or lets nobody in: it keeps no other from being looked at. */
const sizesOn = async (server: Place & { readonly name: string }, log: Log): Promise<Sizes> => {
  try {
    return await readSizes(server)
  } catch (error) {
    log.warn({ server: server.name, reason: String(error) }, 'The sizes are not known')
    return new Map()
  }
}

/** Somebody may have deleted the database meanwhile. */
const write = async (
  client: Client,
  database: TenantDatabaseFields,
  size_bytes: number,
): Promise<void> => {
  try {
    await client.update('TenantDatabase', database, { size_bytes })
  } catch (error) {
    if (!(error instanceof CoreClientError) || error.code !== 'NOT_FOUND') throw error
  }
}

/** Writes down how large databases are. */
export default definePullStep({
  every: '1m',

  async pull_records({ client, log }) {
    for await (const server of client.list('DatabaseServer')) {
      const sizes = await sizesOn(server, log)
      for await (const database of client.list('TenantDatabase', { where: { server } })) {
        const bytes = sizes.get(database.name)
        if (bytes !== undefined && bytes !== database.size_bytes) {
          await write(client, database, bytes)
        }
      }
    }
  },
})
