import {
  request as callHttp,
  type Agent,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'

/** They belong to one connection, not to the message. */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const passedOn = (rawHeaders: readonly string[]): string[] => {
  const passed: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!ofConnection.has(name.toLowerCase())) passed.push(name, value)
  }
  return passed
}

const requestHeaders = ({ rawHeaders, headers, socket }: IncomingMessage): string[] => {
  const from = socket.remoteAddress ?? 'unknown'
  const body = headers['transfer-encoding'] === undefined ? [] : ['Transfer-Encoding', 'chunked']
  return [
    ...passedOn(rawHeaders),
    ...body,
    ...['Forwarded', `for=${from};proto=http`],
    ...['X-Forwarded-For', from],
    ...['X-Forwarded-Proto', 'http'],
    ...['K-Proxy-Request', 'activator'],
  ]
}

/** As the errors of Go's HTTP client read, which Knative's proxies show. */
const errorText = (error: Error, port: number): string => {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNREFUSED') return `dial tcp 127.0.0.1:${port}: connect: connection refused`
  return code === 'ECONNRESET' ? 'EOF' : error.message
}

/** As Go's `http.Error` answers: a line of text. */
export const answerLine = (response: ServerResponse, status: number, text: string): void => {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  }
  response.writeHead(status, headers).end(`${text}\n`)
}

/**
 * As Knative's timeout handlers answer. An answer that has begun keeps its status, and the text is appended to what was
 * sent of it.
 */
export const answerTimeout = (response: ServerResponse, status: number, text: string): void => {
  if (!response.headersSent) response.writeHead(status)
  else if (!response.chunkedEncoding) response.destroy()
  response.end(text)
}

export type ForwardOptions = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly port: number
  readonly agent: Agent
  /** Whether the answer is dropped and the connection cut. */
  readonly losesAnswer: boolean
}

/**
 * Sends a request to a process on this machine and its answer back; 502 when there is none. Resolves when that is
 * over. The signal cancels the request and leaves the answer to whoever fired it.
 */
export const forward = (
  { request, response, port, agent, losesAnswer }: ForwardOptions,
  over: AbortSignal,
): Promise<void> =>
  new Promise((resolve) => {
    const call = callHttp({
      host: '127.0.0.1',
      port,
      agent,
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: requestHeaders(request),
      signal: over,
    })

    const fail = (error: Error): void => {
      if (!over.aborted && !response.headersSent) answerLine(response, 502, errorText(error, port))
      else if (!over.aborted) response.destroy()
      resolve()
    }

    call.on('error', fail)
    call.on('response', (answer) => {
      answer.on('error', fail)
      if (losesAnswer) {
        answer.resume().on('end', () => {
          response.destroy()
          resolve()
        })
        return
      }
      response.writeHead(answer.statusCode ?? 502, passedOn(answer.rawHeaders))
      answer.on('data', (chunk: Buffer) => {
        if (!response.write(chunk)) answer.pause()
      })
      response.on('drain', () => answer.resume())
      answer.on('end', () => {
        response.end()
        resolve()
      })
    })
    request.pipe(call)
  })
