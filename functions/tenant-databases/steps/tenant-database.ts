import { escapeIdentifier } from 'pg'
import { TerminalException } from 'syncstep/functions'
import { stepClass, type TenantDatabase } from '../models/types.ts'
import { readersOf, requireName, writersOf } from '../postgres/names.ts'
import { addressOf, connectTo, inSession, type Connect, type Session } from '../postgres/session.ts'

/** The names of a database and of its groups, as SQL has them. */
const quoted = (name: string) => ({
  database: escapeIdentifier(name),
  writers: escapeIdentifier(writersOf(name)),
  readers: escapeIdentifier(readersOf(name)),
})

type Found = { readonly isThere: boolean; readonly isOurs: boolean }

/** A database is ours when its groups are there: they come before it and go after it. */
const find = async (session: Session, name: string): Promise<Found> => {
  const [row] = await session.run(
    `select exists (select from pg_database where datname = $1) as there,
            exists (select from pg_roles where rolname = $2) as ours`,
    [name, writersOf(name)],
  )
  return { isThere: row?.['there'] === true, isOurs: row?.['ours'] === true }
}

const make = async (session: Session, name: string): Promise<void> => {
  const { database, writers, readers } = quoted(name)
  const { isThere, isOurs } = await find(session, name)
  if (isThere && !isOurs) {
    throw new TerminalException(`There is a database ${name} already, which was not made here`)
  }
  if (!isOurs) await session.run(`create role ${writers}; create role ${readers}`)
  // The other template may be in use, which keeps it from being copied.
  if (!isThere) await session.run(`create database ${database} template template0`)
}

/** In the database of all. */
const admit = async (session: Session, name: string, connectionLimit: number): Promise<void> => {
  const { database, writers, readers } = quoted(name)
  await session.run(
    `alter database ${database} connection limit ${connectionLimit};
     revoke all on database ${database} from public;
     grant connect, temporary on database ${database} to ${writers}, ${readers}`,
  )
}

/** In the database itself. Its writers may have dropped the schema. */
const furnish = async (session: Session, name: string): Promise<void> => {
  const { writers, readers } = quoted(name)
  await session.run(
    `create schema if not exists public;
     alter schema public owner to ${writers};
     revoke create on schema public from public;
     grant usage on schema public to ${readers};
     grant select on all tables in schema public to ${readers};
     alter default privileges for role ${writers} grant select on tables to ${readers}`,
  )
}

/** Databases of tenants: nobody but their users gets in, and what a writer makes belongs to all writers. */
export default class SyncTenantDatabase extends stepClass({
  observes: 'TenantDatabase',
  include: ['server'],
}) {
  readonly #connect: Connect

  constructor(connect: Connect = connectTo) {
    super()
    this.#connect = connect
  }

  async sync_record({ name, server, connection_limit }: TenantDatabase<'server'>) {
    requireName('the name of the database', name)
    await inSession(this.#connect(server), async (session) => {
      await make(session, name)
      await admit(session, name, connection_limit)
    })
    await inSession(this.#connect(server, name), (session) => furnish(session, name))
    return {
      backend_handle: `${server.name}/${name}`,
      connection_url: `${addressOf(server)}/${name}`,
    }
  }

  async delete_record({ name, server }: TenantDatabase<'server'>) {
    const { database, writers, readers } = quoted(name)
    await inSession(this.#connect(server), async (session) => {
      if (!(await find(session, name)).isOurs) return
      await session.run(`drop database if exists ${database} with (force)`)
      await session.run(`drop role if exists ${writers}, ${readers}`)
    })
  }
}
