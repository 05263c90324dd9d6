import { X509Certificate, createPrivateKey } from 'node:crypto'
import path from 'node:path'
import type { CoreSettings } from '#emulator'
import { Failure } from './failure.ts'
import { readText } from './files.ts'

const fits = (certificate: string, key: string): boolean => {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

/**
 * Certificate and key of the TLS port, as the user names them. Undefined when the user names none.
 *
 * @throws Failure when a file is missing, or the key is not that of the certificate.
 */
export const tlsFiles = async (
  cwd: string,
  certificateFile: string | undefined,
  keyFile: string | undefined,
): Promise<CoreSettings['tls']> => {
  if (certificateFile === undefined && keyFile === undefined) return undefined
  if (certificateFile === undefined || keyFile === undefined) {
    throw new Failure('Expected both --tls-cert and --tls-key, or neither.')
  }
  const cert = await readText(path.resolve(cwd, certificateFile), 'the certificate')
  const key = await readText(path.resolve(cwd, keyFile), 'the key of the certificate')
  if (fits(cert, key)) return { cert, key }
  throw new Failure(
    `Expected a certificate and its key, both PEM and the key without a passphrase, in ${certificateFile} and ${keyFile}.`,
  )
}
