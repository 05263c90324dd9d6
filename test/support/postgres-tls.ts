import { randomBytes } from 'node:crypto'
import { makeCertificates } from '#core'

/** Asks as a superuser. */
type Ask = (sql: string) => Promise<unknown>

/** Text in base64 is a row that `copy` writes as it is. The server refuses a key that others can read. */
const writeFileOn = (ask: Ask, file: string, text: string): Promise<unknown> =>
  ask(
    `copy (select '${Buffer.from(text).toString('base64')}')
     to program 'base64 -d > ${file} && chmod 600 ${file}'`,
  )

/**
 * Lets a server of tests speak TLS, too, from its next start. Answers the certificates of the authority that vouches for it
 * at 127.0.0.1, and of one that does not.
 */
export const speakTls = async (
  ask: Ask,
): Promise<{ readonly authority: string; readonly stranger: string }> => {
  const make = () => makeCertificates({ randomBytes, now: Date.now() })
  const { ca: authority, cert, key } = await make()
  await writeFileOn(ask, 'server.crt', cert)
  await writeFileOn(ask, 'server.key', key)
  await ask('alter system set ssl = on')
  return { authority, stranger: (await make()).ca }
}
