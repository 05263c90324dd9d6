import type { Ask } from '#emulator'

const longestAnswer = 64 * 1024
const longestWaitMs = 5_000

/** GET over HTTP: the answer within 5 s, at most 64 KiB, redirects not followed. */
export const askOverHttp: Ask = async ({ url, token }, signal) => {
  const response = await fetch(url, {
    redirect: 'manual',
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(longestWaitMs)]),
  })
  const decoder = new TextDecoder()
  let body = ''
  for await (const chunk of response.body ?? []) {
    body += decoder.decode(chunk as Uint8Array, { stream: true })
    if (body.length > longestAnswer) throw new Error(`The answer of ${url} is longer than 64 KiB`)
  }
  return { status: response.status, body }
}
