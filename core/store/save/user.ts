import { verifyPassword } from '../../access/password.ts'
import { CoreError } from '../../errors.ts'
import { checkValues } from './check.ts'
import { fieldOf, newFields, setIn, valueIn, type Draft } from './draft.ts'

/** What decides what a user may do. */
const powers = ['is_active', 'is_admin', 'is_staff', 'is_readonly', 'is_registering'] as const

/** What no password has as its hash. */
const noPassword = '!'

const denied = (message: string, names: readonly string[]): CoreError =>
  new CoreError(
    'PERMISSION_DENIED',
    message,
    Object.fromEntries(names.map((name) => [name, 'only an administrator may change it'])),
  )

/**
 * The policy lets people write their own record, and those who administer a site the users of it. Neither may make
 * administrators, nor become one by writing to one.
 */
const guardPowers = (draft: Draft): void => {
  const { context, before } = draft
  if (context.caller.isAdmin) return
  if (before?.fields['is_admin'] === true && before.id !== context.caller.userId) {
    throw denied(`Only an administrator may change User ${before.id}, who is one`, [])
  }
  const changed = powers.filter((name) => {
    const field = fieldOf(draft.model, name)
    const usual = field?.default?.kind === 'value' ? field.default.value : null
    return valueIn(draft, name) !== (before === undefined ? usual : (before.fields[name] ?? null))
  })
  if (changed.length === 0) return
  throw denied(`Only an administrator may change ${changed.join(', ')} of a User`, changed)
}

/** Passwords are kept as hashes. Without one, nobody logs in as the user. */
const hidePassword = async (draft: Draft): Promise<void> => {
  const { context, model, before, given, values } = draft
  const field = fieldOf(model, 'password')
  const plain = field === undefined ? undefined : given.get(field)
  if (field === undefined || plain === undefined || plain === null) {
    // The original has a default that everybody knows.
    if (before === undefined) setIn(draft, 'password', noPassword)
    return
  }
  if (before === undefined) {
    // Hashing is much work, so it is done only for those who may write the record at all.
    await context.access.requireWrite(model, model, null, newFields(model, context.now, values))
  }
  const kept = before?.fields['password']
  if (plain === kept) return
  checkValues(model, new Map([[field, plain]]))
  if (typeof plain !== 'string') return
  // A recipe that is run again names the same password: nothing changes.
  if (typeof kept === 'string' && (await verifyPassword(plain, kept))) {
    setIn(draft, 'password', kept)
    return
  }
  setIn(draft, 'password', await context.hashPassword(plain))
  // Who changes a password may do so because somebody else knows it.
  if (before !== undefined) {
    await context.sql.query(`delete from session where user_id = $1`, [before.id])
  }
}

export const prepareUser = async (draft: Draft): Promise<void> => {
  guardPowers(draft)
  await hidePassword(draft)
}
