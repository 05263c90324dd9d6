import { definePolicy } from '../models/types.ts'

/** Each database has a user of its own name from the start; later nobody minds whether it is still there. */
export default definePolicy({
  observes: 'TenantDatabase',

  async handle_create(o, { client }) {
    await client.upsert('DatabaseUser', ['database', 'name'], {
      database: o,
      name: o.name,
      can_write: true,
    })
  },
})
