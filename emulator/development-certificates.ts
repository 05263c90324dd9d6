import { X509Certificate, createPrivateKey } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeCertificates, type TlsMaterial } from '#core'
import type { CoreSettings } from './core-settings.ts'

/** Clients trust the first; the core shows the second, and proves it with the third. */
const files = { ca: 'ca.pem', cert: 'core.pem', key: 'core.key' } as const

const renewedBeforeMs = 30 * 24 * 60 * 60 * 1000

/** Undefined when there is none that is whole and good for a while. */
const readMaterial = async (folder: string, now: number): Promise<TlsMaterial | undefined> => {
  try {
    const [cert, key] = await Promise.all(
      [files.cert, files.key].map((name) => readFile(path.join(folder, name), 'utf8')),
    )
    if (cert === undefined || key === undefined) return undefined
    const certificate = new X509Certificate(cert)
    const isGood =
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      Date.parse(certificate.validTo) > now + renewedBeforeMs
    return isGood ? { cert, key } : undefined
  } catch {
    return undefined
  }
}

/** Puts a folder in place as a whole, so that no reader ever sees a key beside another's certificate. */
const putInPlace = async (folder: string, draft: string): Promise<void> => {
  const old = `${draft}.old`
  await rename(folder, old).catch(() => undefined)
  // Another core may have been as quick: then its certificates are the ones to use.
  await rename(draft, folder).catch(() => undefined)
  await Promise.all([draft, old].map((gone) => rm(gone, { recursive: true, force: true })))
}

/**
 * The certificate of a development authority, made when the folder has none or it runs out soon. `ca.pem` in the
 * folder is what clients have to trust. Where the folder cannot be written the certificate is good for this run.
 */
export const developmentCertificate = async ({
  certificates: folder,
  clock,
  randomBytes,
  log,
}: Pick<CoreSettings, 'certificates' | 'clock' | 'randomBytes' | 'log'>): Promise<TlsMaterial> => {
  const found = await readMaterial(folder, clock.now())
  if (found !== undefined) return found
  const made = await makeCertificates({ randomBytes, now: clock.now() })
  const draft = `${folder}.${Buffer.from(randomBytes(8)).toString('hex')}`
  try {
    await mkdir(draft, { recursive: true, mode: 0o700 })
    for (const [part, name] of Object.entries(files)) {
      const text = made[part as keyof typeof files]
      await writeFile(path.join(draft, name), text, { mode: part === 'key' ? 0o600 : 0o644 })
    }
    await putInPlace(folder, draft)
    const kept = await readMaterial(folder, clock.now())
    if (kept !== undefined) return kept
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined)
    log.warn({ err: error, folder }, 'Cannot keep the development certificate')
  }
  return { cert: made.cert, key: made.key }
}
