import { createServer } from 'node:http'
import { listeningOn } from './listening.ts'

export type HealthServer = {
  readonly port: number
  close(): Promise<void>
}

/** A page of metrics. */
export type Page = { readonly type: string; readonly text: string }

export type HealthServerOptions = {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** Whether it can do its work now; asked with each GET /readyz. */
  readonly isReady: () => boolean | Promise<boolean>
  /** Undefined, also as an answer, while there are none. */
  readonly metrics?: () => Promise<Page> | undefined
}

type Answer = Page & { readonly status: number }

const plain = (status: number, text: string): Answer => ({ status, type: 'text/plain', text })
const live = plain(200, 'ok\n')
const notReady = plain(503, 'not ready\n')
const notFound = plain(404, 'not found\n')
const noMetrics = plain(503, 'no metrics now\n')

/** Answers /livez, /readyz and /metrics, as probes and Prometheus ask. */
export const startHealthServer = async (options: HealthServerOptions): Promise<HealthServer> => {
  const { host, port, isReady, metrics } = options

  const readMetrics = async (): Promise<Answer> => {
    const page = await metrics?.()?.catch(() => undefined)
    return page === undefined ? noMetrics : { status: 200, ...page }
  }
  const answers = new Map<string, () => Answer | Promise<Answer>>([
    ['/livez', () => live],
    ['/readyz', async () => ((await isReady()) ? live : notReady)],
    ...(metrics === undefined ? [] : [['/metrics', readMetrics] as const]),
  ])
  const server = createServer({ requestTimeout: 5_000 }, (request, response) => {
    const [path = ''] = request.url?.split('?') ?? []
    void Promise.resolve(answers.get(path)?.() ?? notFound).then(({ status, type, text }) => {
      response.writeHead(status, { 'content-type': type })
      response.end(text)
    })
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
