import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'

export type Certificates = {
  /** PEM: the certificate of the authority, which clients are told to trust. */
  readonly ca: string
  /** PEM: the certificate of the server, and its key. The authority has no key any more: it signs nothing else. */
  readonly cert: string
  readonly key: string
  /** Milliseconds since 1970 when both run out. */
  readonly notAfter: number
}

export type CertificatesOptions = {
  /** That many bytes from a cryptographically strong source; for serial numbers. */
  readonly randomBytes: (size: number) => Uint8Array
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Names under which XOS clients call the core (reference core-api.md 1.1). */
const names = ['xos-core', 'xos-core.default', 'xos-core.default.svc.cluster.local', 'localhost']
const addresses = ['127.0.0.1', '::1']

const day = 24 * 60 * 60 * 1000
const validityMs = 825 * day

// RSA, because that is what every client of XOS can read, however old.
const keyPair = promisify(generateKeyPair)

type Pair = { readonly publicKey: forge.pki.rsa.PublicKey; readonly privatePem: string }

const newPair = async (): Promise<Pair> => {
  const { publicKey, privateKey } = await keyPair('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { publicKey: forge.pki.publicKeyFromPem(publicKey), privatePem: privateKey }
}

/** 16 bytes in hex; the first bit is 0, for it is a positive number. */
const serialNumber = (randomBytes: CertificatesOptions['randomBytes']): string => {
  const bytes = Buffer.from(randomBytes(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}

const nameOf = (commonName: string): forge.pki.CertificateField[] => [
  { name: 'commonName', value: commonName },
]

const authorityName = nameOf('CORD Test Root CA')

// Numbers of the kinds of alternative names.
const dnsName = 2
const ipAddress = 7

/** New ones for each authority: forge writes into them which key it is that they identify. */
const authorityExtensions = (): readonly object[] => [
  { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
  { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
  { name: 'subjectKeyIdentifier' },
]

const serverExtensions = (authorityKey: forge.pki.rsa.PublicKey): readonly object[] => [
  { name: 'basicConstraints', critical: true, cA: false },
  { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
  { name: 'extKeyUsage', serverAuth: true },
  {
    name: 'authorityKeyIdentifier',
    keyIdentifier: forge.pki.getPublicKeyFingerprint(authorityKey).getBytes(),
  },
  {
    name: 'subjectAltName',
    altNames: [
      ...names.map((value) => ({ type: dnsName, value })),
      ...addresses.map((ip) => ({ type: ipAddress, ip })),
    ],
  },
]

type Wanted = {
  readonly publicKey: forge.pki.rsa.PublicKey
  readonly subject: forge.pki.CertificateField[]
  readonly extensions: readonly object[]
  readonly signWith: forge.pki.rsa.PrivateKey
}

/**
 * Makes an authority and the certificate of a server that it signed, for development: everybody who can read the key
 * of the server can be the server. Good from a day before `now`, for clocks that differ, to 825 days after it.
 */
export const makeCertificates = async (options: CertificatesOptions): Promise<Certificates> => {
  const { randomBytes, now } = options
  const notAfter = now + validityMs

  const signed = ({ publicKey, subject, extensions, signWith }: Wanted): string => {
    const certificate = forge.pki.createCertificate()
    certificate.publicKey = publicKey
    certificate.serialNumber = serialNumber(randomBytes)
    certificate.validity.notBefore = new Date(now - day)
    certificate.validity.notAfter = new Date(notAfter)
    certificate.setSubject(subject)
    certificate.setIssuer(authorityName)
    certificate.setExtensions([...extensions])
    certificate.sign(signWith, forge.md.sha256.create())
    return forge.pki.certificateToPem(certificate)
  }

  const [authority, server] = await Promise.all([newPair(), newPair()])
  const signWith = forge.pki.privateKeyFromPem(authority.privatePem)
  return {
    ca: signed({
      publicKey: authority.publicKey,
      subject: authorityName,
      extensions: authorityExtensions(),
      signWith,
    }),
    cert: signed({
      publicKey: server.publicKey,
      subject: nameOf('xos-core'),
      extensions: serverExtensions(authority.publicKey),
      signWith,
    }),
    key: server.privatePem,
    notAfter,
  }
}
