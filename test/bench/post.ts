import { Pool } from 'undici'

export type Message = { readonly headers: Record<string, string>; readonly body: string }

/** Posts one message many times over keep-alive connections; answers requests a second. */
export const postMany = async (
  url: string,
  { headers, body }: Message,
  { connections, requests }: { readonly connections: number; readonly requests: number },
): Promise<number> => {
  const pool = new Pool(new URL(url).origin, { connections, pipelining: 1 })
  let left = requests
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const answer = await pool.request({ path: '/', method: 'POST', headers, body })
      if (answer.statusCode !== 204) throw new Error(`Expected 204, got ${answer.statusCode}`)
      await answer.body.dump()
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - started) / 1000
  await pool.close()
  return requests / seconds
}
