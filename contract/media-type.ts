/** A `Content-Type`, names in lower case. */
export type MediaType = { readonly type: string; readonly charset: string | undefined }

const token = String.raw`[\w!#$%&'*+.^|~\`-]+`
const typePattern = new RegExp(`^(${token}/${token})[ \\t]*(?:;|$)`)
const charsetPattern = new RegExp(`;[ \\t]*charset=(?:"([^"\\\\]*)"|(${token}))[ \\t]*(?:;|$)`, 'i')

/** Undefined when the text is no media type (RFC 9110, 8.3.1). */
export const mediaTypeOf = (contentType: string): MediaType | undefined => {
  const text = contentType.trim()
  const type = typePattern.exec(text)?.[1]
  if (type === undefined) return undefined
  const charset = charsetPattern.exec(text)
  return { type: type.toLowerCase(), charset: (charset?.[1] ?? charset?.[2])?.toLowerCase() }
}

/** `application/json`, `text/json`, and every `+json`. */
export const isJsonType = ({ type }: MediaType): boolean => /^[^/]+\/(?:json|.+\+json)$/.test(type)
