import { createAccess } from './access.ts'
import { createRecord, type WriteContext } from './write.ts'

/** The first user, who may do everything. */
export type Admin = { readonly email: string; readonly password: string }

/**
 * What a new store starts with, as in XOS: the site `mysite` and an administrator. Does nothing once there is a
 * user, so a password given at a later start does not replace the one that is kept.
 */
export const seed = async (
  withoutCaller: Omit<WriteContext, 'caller' | 'access'>,
  admin: Admin,
): Promise<void> => {
  const caller = { userId: 1, email: admin.email, isAdmin: true }
  const access = createAccess({ ...withoutCaller, caller })
  const context = { ...withoutCaller, caller, access }
  const users = await context.sql.query(`select id from record where root = 'User' limit 1`)
  if (users.length > 0) return
  const site = await createRecord(context, 'Site', {
    name: 'mysite',
    abbreviated_name: 'mysite',
    login_base: 'mysite',
    site_url: 'http://opencord.org/',
    hosts_nodes: true,
  })
  await createRecord(context, 'User', {
    email: admin.email,
    username: admin.email,
    password: admin.password,
    firstname: 'XOS',
    lastname: 'Admin',
    is_admin: true,
    site_id: site.id,
  })
}
