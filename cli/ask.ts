import { createProof } from '#contract'
import type { Ask } from '#emulator'
import { realClock } from './real-clock.ts'

const longestAnswer = 64 * 1024
const longestWaitMs = 5_000

/** GET over HTTP: the answer within 5 s, at most 64 KiB, redirects not followed. */
export const askOverHttp: Ask = async ({ url, ...credentials }, signal) => {
  const proof = createProof(credentials)
  const response = await fetch(url, {
    redirect: 'manual',
    headers: proof({ id: 'description', body: '' }, realClock.now()),
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
