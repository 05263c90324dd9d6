import { createServer, type ServerResponse } from 'node:http'
import { monotonicMs } from '../monotonic.ts'
import type { SeenCall } from '../function.ts'
import { announce } from './announce.ts'

// A function that notes its calls, and answers as its URL asks: /Item?status=503&delayMs=2000&hangAfterMs=10000.
let calls: SeenCall[] = []
const counts: Record<string, number> = {}
const firstMs = new Map<string, number>()

const answer = (call: SeenCall, response: ServerResponse, status: number): void => {
  call.answeredMs = monotonicMs()
  response.statusCode = status
  response.end()
}

const tell = (response: ServerResponse, what: unknown): void => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(what))
}

const server = createServer((request, response) => {
  const receivedMs = monotonicMs()
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  if (request.method === 'GET') {
    tell(response, pathname === '/calls' ? calls : counts)
    if (pathname === '/calls') calls = []
    return
  }
  const subject = String(request.headers['ce-subject'])
  const call: SeenCall = { path: pathname, subject, receivedMs }
  calls.push(call)
  counts[pathname] = (counts[pathname] ?? 0) + 1
  if (!firstMs.has(pathname)) firstMs.set(pathname, receivedMs)
  request.resume()
  const of = (name: string, otherwise: number): number =>
    Number(searchParams.get(name) ?? otherwise)
  const delayMs = of('delayMs', 0)
  const status = of('status', 204)
  if (receivedMs - (firstMs.get(pathname) ?? receivedMs) > of('hangAfterMs', Infinity)) return
  request.on('end', () => {
    if (delayMs === 0) answer(call, response, status)
    else setTimeout(answer, delayMs, call, response, status)
  })
})
server.keepAliveTimeout = 120_000
announce(server)
