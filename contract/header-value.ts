import { ContractError } from './errors.ts'

const unencoded = /^[\x21\x23\x24\x26-\x7e]*$/
const encodable = /[^\x21\x23\x24\x26-\x7e]+/gu

/** A CloudEvents attribute as a header value: everything outside visible ASCII, `"` and `%` percent-encoded. */
export const encodeHeaderValue = (text: string): string =>
  unencoded.test(text) ? text : text.replace(encodable, encodeURIComponent)

const plain = /^[\x20-\x7e]*$/
const quoted = /^"((?:[^"\\]|\\.)*)"$/

const unquoted = (name: string, value: string): string => {
  if (!value.startsWith('"')) return value
  const inner = quoted.exec(value)?.[1]
  if (inner === undefined) {
    throw new ContractError(
      'EVENT_MALFORMED',
      `Expected header ${name} to end with the double quote it begins with`,
    )
  }
  return inner.replace(/\\(.)/g, '$1')
}

/** Reads {@link encodeHeaderValue} back, and every other form the HTTP binding allows (CloudEvents HTTP 3.1.3.2). */
export const decodeHeaderValue = (name: string, value: string): string => {
  if (!plain.test(value)) {
    throw new ContractError(
      'EVENT_MALFORMED',
      `Expected header ${name} to have printable ASCII only; percent-encode other characters as UTF-8`,
    )
  }
  const text = unquoted(name, value)
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ContractError(
      'EVENT_MALFORMED',
      `Expected header ${name} to be percent-encoded valid UTF-8; a bare % is written %25`,
    )
  }
}
