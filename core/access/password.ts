import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { CoreError } from '../errors.ts'
import { createGate } from './gate.ts'

/** Longer ones are refused before any work is done for them. Counted in UTF-16 units. */
export const maxPasswordLength = 1024

type Cost = { readonly logN: number; readonly r: number; readonly p: number }

const cost: Cost = { logN: 15, r: 8, p: 1 }
const saltBytes = 16
const keyBytes = 32

// scrypt needs 128 * N * r bytes (32 MiB at the cost above) and a little more; a stored hash that asks for
// more than this is treated as no hash at all.
const maxMemory = 64 * 2 ** 20

// It takes a thread for a while, too, so logins and writes of passwords share two.
const gate = createGate({
  inside: 2,
  waiting: 1000,
  full: () => new CoreError('TOO_MANY_REQUESTS', 'Too many passwords at once; try again later'),
})

const derive = (plain: string, salt: Uint8Array, { logN, r, p }: Cost): Promise<Buffer> =>
  gate(
    () =>
      new Promise((resolve, reject) => {
        scrypt(plain, salt, keyBytes, { N: 2 ** logN, r, p, maxmem: maxMemory }, (error, key) => {
          if (error === null) resolve(key)
          else reject(error)
        })
      }),
  )

const written = ({ logN, r, p }: Cost, salt: Uint8Array, key: Uint8Array): string =>
  [
    'scrypt',
    logN,
    r,
    p,
    Buffer.from(salt).toString('base64'),
    Buffer.from(key).toString('base64'),
  ].join('$')

const pattern =
  /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/]{22}==)\$([A-Za-z0-9+/]{43}=)$/

const read = (hash: string): { cost: Cost; salt: Buffer; key: Buffer } | undefined => {
  const [, logN, r, p, salt, key] = pattern.exec(hash) ?? []
  if (salt === undefined || key === undefined) return undefined
  return {
    cost: { logN: Number(logN), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  }
}

/** A well-formed hash that no password has: checking against it takes as long as checking a real one. */
export const hashOfNobody = written(cost, new Uint8Array(saltBytes), new Uint8Array(keyBytes))

/**
 * Hashes a password with scrypt: `scrypt$15$8$1$SALT$KEY`, base64, the cost as log2(N), r and p.
 * Throws VALIDATION when it is longer than {@link maxPasswordLength}.
 */
export const hashPassword = async (plain: string): Promise<string> => {
  if (plain.length > maxPasswordLength) {
    throw new CoreError(
      'VALIDATION',
      `Expected a password of at most ${maxPasswordLength} characters, got ${plain.length}`,
      { password: 'too long' },
    )
  }
  const salt = randomBytes(saltBytes)
  return written(cost, salt, await derive(plain, salt, cost))
}

/** Whether the hash was made from this password. False, too, for a text that is no hash, which takes as long to find. */
export const verifyPassword = async (plain: string, hash: string): Promise<boolean> => {
  const stored = read(hash) ?? read(hashOfNobody)
  if (stored === undefined || plain.length > maxPasswordLength) return false
  const key = await derive(plain, stored.salt, stored.cost).catch(() => undefined)
  return key !== undefined && timingSafeEqual(key, stored.key)
}
