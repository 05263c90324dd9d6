const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The text these bytes are in UTF-8, without a byte order mark; undefined when they are not UTF-8. */
export const utf8Text = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** The text of credentials: UTF-8, or Latin-1 as older clients send it. */
export const textOf = (bytes: Buffer): string => utf8Text(bytes) ?? bytes.toString('latin1')
