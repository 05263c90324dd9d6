import { TerminalException } from 'syncstep/functions'

/**
 * Names become parts of paths and of the names of roles, of which PostgreSQL keeps 63 bytes: so there is nothing in them
 * that could lead elsewhere.
 */
const pattern = /^[a-z][a-z0-9_-]{0,49}$/

export const isName = (text: unknown): text is string =>
  typeof text === 'string' && pattern.test(text)

/** Throws TerminalException when it is none: only a change of the record helps. */
export const requireName = (what: string, text: string): string => {
  if (isName(text)) return text
  throw new TerminalException(
    `Expected ${what} to be at most 50 small letters, digits, - and _, a letter first, got ${JSON.stringify(text)}`,
  )
}

/** The group whose members change what is in a database; no user is called so, for none has a colon in the name. */
export const writersOf = (database: string): string => `${database}:write`

/** The group whose members read what is in a database. */
export const readersOf = (database: string): string => `${database}:read`
