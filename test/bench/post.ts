import { Pool } from 'undici'

export type Message = { readonly headers: Record<string, string>; readonly body: string }

export type Poster = {
  /** Rejects unless the answer is 204. */
  post(message: Message): Promise<void>
  close(): Promise<void>
}

/** Keep-alive connections to a function. */
export const openPoster = (url: string, connections: number, timeoutMs = 30_000): Poster => {
  const { origin, pathname, search } = new URL(url)
  const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
  const pool = new Pool(origin, { connections, pipelining: 1, ...limits })
  const path = pathname + search
  return {
    async post({ headers, body }) {
      const answer = await pool.request({ path, method: 'POST', headers, body })
      if (answer.statusCode !== 204) throw new Error(`Expected 204, got ${answer.statusCode}`)
      await answer.body.dump()
    },
    close: () => pool.destroy(),
  }
}

/** Posts one message many times over keep-alive connections; answers requests a second. */
export const postMany = async (
  url: string,
  message: Message,
  { connections, requests }: { readonly connections: number; readonly requests: number },
): Promise<number> => {
  const poster = openPoster(url, connections)
  let left = requests
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await poster.post(message)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - started) / 1000
  await poster.close()
  return requests / seconds
}
