import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { folderFrom, textIfAny } from './credentials.ts'
import { requireName } from './names.ts'

/** Which file below TENANT_DATABASES_PASSWORDS a password is in. Throws TerminalException when a name is none. */
export const passwordFileOf = (server: string, user: string): string =>
  path.join(
    requireName('the name of the server', server),
    requireName('the name of the user', user),
  )

const placeOf = (file: string): string => path.join(folderFrom('TENANT_DATABASES_PASSWORDS'), file)

/** The password in the file; one is made up when there is none. Nobody but the owner of the file can read it. */
export const keptPassword = async (file: string): Promise<string> => {
  const place = placeOf(file)
  const kept = await textIfAny(place)
  if (kept !== undefined) return kept
  const password = randomBytes(24).toString('base64url')
  const unfinished = `${place}.new`
  await mkdir(path.dirname(place), { recursive: true, mode: 0o700 })
  await writeFile(unfinished, `${password}\n`, { mode: 0o600 })
  await rename(unfinished, place)
  return password
}

export const forgetPassword = (file: string): Promise<void> => rm(placeOf(file), { force: true })

const iterations = 4_096

/** What PostgreSQL keeps of a password (RFC 5803). It is sent instead, so that no log of the server has the password. */
export const verifierOf = async (password: string): Promise<string> => {
  const salt = randomBytes(16)
  const salted = await promisify(pbkdf2)(password, salt, iterations, 32, 'sha256')
  const keyed = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64')
  const serverKey = keyed('Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
