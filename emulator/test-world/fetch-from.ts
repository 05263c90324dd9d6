import type { buildRest } from '#core'

const bodyOf = async (request: Request): Promise<{ readonly payload?: string }> => {
  const payload = await request.text()
  return payload === '' ? {} : { payload }
}

/** Asks a face that does not listen as if it did, whatever host it is asked at. */
export const fetchFrom =
  (rest: ReturnType<typeof buildRest>): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    const { pathname, search } = new URL(request.url)
    const answer = await rest.inject({
      method: request.method as 'GET' | 'POST',
      url: `${pathname}${search}`,
      headers: Object.fromEntries(request.headers),
      ...(await bodyOf(request)),
    })
    const headers = Object.entries(answer.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ])
    return new Response(answer.body === '' ? null : answer.body, {
      status: answer.statusCode,
      headers,
    })
  }
