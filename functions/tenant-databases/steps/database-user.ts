import { escapeIdentifier, escapeLiteral } from 'pg'
import { TerminalException } from 'syncstep/functions'
import { stepClass, type DatabaseUser } from '../models/types.ts'
import { readersOf, writersOf } from '../postgres/names.ts'
import { forgetPassword, keptPassword, passwordFileOf, verifierOf } from '../postgres/passwords.ts'
import { addressOf, connectTo, inSession, type Connect, type Session } from '../postgres/session.ts'

type User = DatabaseUser<'database.server'>

/** Nothing, or whether it is ours: of a group of the database, as our roles are from their first moment to their last. */
type Found = undefined | { readonly isOurs: boolean; readonly isWriter: boolean }

const find = async (session: Session, { name, database }: User): Promise<Found> => {
  const [row] = await session.run(
    `select count(g) > 0 as ours, count(g) filter (where g.rolname = $2) > 0 as writer
     from pg_roles r
     left join pg_auth_members m on m.member = r.oid
     left join pg_roles g on g.oid = m.roleid and g.rolname in ($2, $3)
     where r.rolname = $1
     group by r.oid`,
    [name, writersOf(database.name), readersOf(database.name)],
  )
  return row && { isOurs: row['ours'] === true, isWriter: row['writer'] === true }
}

/** Names as SQL has them. */
const quoted = ({ name, database }: User) => ({
  role: escapeIdentifier(name),
  database: escapeIdentifier(database.name),
  writers: escapeIdentifier(writersOf(database.name)),
  readers: escapeIdentifier(readersOf(database.name)),
})

const endSessionsOf = ({ name }: User): string =>
  `select pg_terminate_backend(pid) from pg_stat_activity where usename = ${escapeLiteral(name)}`

/** Works as the group, so that what one writer makes belongs to all. */
const letWrite = (o: User): string => {
  const { role, database, writers } = quoted(o)
  return `grant ${writers} to ${role};
    alter role ${role} in database ${database} set role = ${escapeLiteral(writersOf(o.database.name))}`
}

/** A session goes on working as the group until it ends. */
const letOnlyRead = (o: User, isWriter: boolean): string => {
  const { role, database, writers } = quoted(o)
  return `alter role ${role} in database ${database} reset role;
    ${isWriter ? `revoke ${writers} from ${role}; ${endSessionsOf(o)}` : ''}`
}

const make = async (session: Session, o: User, verifier: string): Promise<void> => {
  const found = await find(session, o)
  if (found?.isOurs === false) {
    throw new TerminalException(
      `There is a role ${o.name} on the server that is no user of ${o.database.name}`,
    )
  }
  const { role, readers } = quoted(o)
  await session.run(
    `${found === undefined ? `create role ${role} in role ${readers};` : ''}
     alter role ${role} login password ${escapeLiteral(verifier)};
     ${o.can_write ? letWrite(o) : letOnlyRead(o, found?.isWriter === true)}`,
  )
}

const hasDatabase = async (session: Session, { database }: User): Promise<boolean> =>
  (await session.run('select from pg_database where datname = $1', [database.name])).length > 0

/** What it made in the database stays there and belongs to the group. */
const takeAway = async (session: Session, o: User, connect: Connect): Promise<void> => {
  const { role, writers } = quoted(o)
  await session.run(`alter role ${role} nologin; ${endSessionsOf(o)}`)
  if (await hasDatabase(session, o)) {
    await inSession(connect(o.database.server, o.database.name), (inside) =>
      inside.run(`reassign owned by ${role} to ${writers}; drop owned by ${role}`),
    )
  }
  await session.run(`drop owned by ${role}; drop role ${role}`)
}

/** Who may log in: a role of PostgreSQL, whose password is made up here and handed over in a file. */
export default class SyncDatabaseUser extends stepClass({
  observes: 'DatabaseUser',
  include: ['database.server'],
}) {
  readonly #connect: Connect

  constructor(connect: Connect = connectTo) {
    super()
    this.#connect = connect
  }

  async sync_record(o: User) {
    const { name, database } = o
    const { server } = database
    const password_file = passwordFileOf(server.name, name)
    const verifier = await verifierOf(await keptPassword(password_file))
    await inSession(this.#connect(server), (session) => make(session, o, verifier))
    return {
      backend_handle: `${server.name}/${database.name}/${name}`,
      connection_url: `${addressOf(server, name)}/${database.name}`,
      password_file,
    }
  }

  async delete_record(o: User) {
    const { server } = o.database
    await inSession(this.#connect(server), async (session) => {
      const found = await find(session, o)
      if (found?.isOurs === false) return
      if (found !== undefined) await takeAway(session, o, this.#connect)
      await forgetPassword(passwordFileOf(server.name, o.name))
    })
  }
}
