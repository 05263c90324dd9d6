import { createHash } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { monotonicMs } from '../bench/monotonic.ts'
import type { Change } from '#contract'
import type { Line } from './calls.ts'

// A function that notes each call in a file before it answers, so that a kill takes none of it along.
const [port, file = '', life = ''] = process.argv.slice(2)
const notes = openSync(file, 'a')
let calls = 0

/** One write for a line: a kill leaves it whole or out. */
const note = (line: Line): void => {
  writeSync(notes, `${JSON.stringify(line)}\n`)
}

type Fate = { readonly status: number; readonly delayMs: number }

const statusOf = (perMille: number): number => {
  if (perMille < 20) return 409
  if (perMille < 40) return 500
  return perMille < 42 ? 503 : 204
}

/** Most calls end well, after a moment. */
const fateOf = (call: string): Fate => {
  const digest = createHash('sha1').update(call).digest()
  return { status: statusOf(digest.readUInt16BE(0) % 1000), delayMs: digest.readUInt8(2) }
}

const answer = (call: string, status: number, response: ServerResponse): void => {
  note({ kind: 'answered', call, atMs: monotonicMs(), status })
  response.once('finish', () => note({ kind: 'sent', call }))
  // Nobody there but for a second: the whole function is left alone so long.
  response.writeHead(status, status === 503 ? { 'retry-after': '1' } : {}).end()
}

const begin = ({ headers }: IncomingMessage, body: string, atMs: number): string => {
  calls += 1
  const call = `${life}/${calls}`
  const header = (name: string): string => String(headers[name])
  const { operation, attempt, record } = JSON.parse(body) as Change
  note({
    kind: 'begun',
    call,
    atMs,
    life,
    by: header('authorization').replace('Bearer ', ''),
    event: header('ce-id'),
    subject: header('ce-subject'),
    traceparent: header('traceparent'),
    operation,
    attempt,
    value: Number(record['value']),
  })
  return call
}

const server = createServer((request, response) => {
  const atMs = monotonicMs()
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => (body += text))
  request.on('end', () => {
    const call = begin(request, body, atMs)
    const { status, delayMs } = fateOf(call)
    setTimeout(answer, delayMs, call, status, response)
  })
})
server.listen(Number(port), '127.0.0.1', () => {
  console.log('Listening')
})
