import { createServer } from 'node:http'
import { listeningOn } from './listening.ts'

export type HealthServer = {
  readonly port: number
  close(): Promise<void>
}

export type HealthServerOptions = {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** Whether it can do its work now; asked with each GET /readyz. */
  readonly isReady: () => boolean
}

const live = { status: 200, text: 'ok\n' }
const notReady = { status: 503, text: 'not ready\n' }
const notFound = { status: 404, text: 'not found\n' }

/** Answers /livez and /readyz, as probes ask. */
export const startHealthServer = async (options: HealthServerOptions): Promise<HealthServer> => {
  const { host, port, isReady } = options
  const answers = new Map([
    ['/livez', () => live],
    ['/readyz', () => (isReady() ? live : notReady)],
  ])
  const server = createServer({ requestTimeout: 5_000 }, (request, response) => {
    const [path = ''] = request.url?.split('?') ?? []
    const { status, text } = answers.get(path)?.() ?? notFound
    response.writeHead(status, { 'content-type': 'text/plain' })
    response.end(text)
  })
  return {
    port: await listeningOn(server, { face: 'health', flag: '--health-port', port, host }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
