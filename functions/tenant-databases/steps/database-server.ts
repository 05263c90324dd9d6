import { connectTo, inSession, type Connect } from '../postgres/session.ts'
import { requireName } from '../postgres/names.ts'
import { stepClass, type DatabaseServer } from '../models/types.ts'

/** Looks whether the server is there. It is made by others, so nothing is taken away with its record. */
export default class SyncDatabaseServer extends stepClass({ observes: 'DatabaseServer' }) {
  readonly #connect: Connect

  constructor(connect: Connect = connectTo) {
    super()
    this.#connect = connect
  }

  async sync_record(o: DatabaseServer) {
    const backend_handle = requireName('the name of the server', o.name)
    const [row] = await inSession(this.#connect(o), (session) =>
      session.run(`select current_setting('server_version') as version`),
    )
    return { backend_handle, version: String(row?.['version']) }
  }

  delete_record() {
    return undefined
  }
}
