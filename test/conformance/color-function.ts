import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { ContractError, decodeChange, maxEventBytes, type Change, type Clock } from '#contract'

export const token = 's3cret'

export type Received = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly socket: Socket
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers as the function that it stands before does, or in another way; undefined: never. */
export type Fault = (
  received: Received,
  answer: (received: Received) => Answer,
) => Answer | undefined

export const json = (status: number, value: object, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

export const problem = (
  status: number,
  detail: string,
  more: object = {},
  headers: Answer['headers'] = {},
): Answer =>
  json(
    status,
    { status, detail, ...more },
    { 'content-type': 'application/problem+json', ...headers },
  )

export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** The data of an event in binary mode; an empty object when there is none. */
export const dataOf = ({ body }: Received): Readonly<Record<string, unknown>> =>
  objectOf(parsed(body.toString()))

/** The record of such an event. */
export const recordOf = (received: Received): Readonly<Record<string, unknown>> =>
  objectOf(dataOf(received)['record'])

const waitingOn = { waiting_on: { model: 'Page', id: 3, state: 'synced' } }

/** Its name says what a record comes to. */
const carryOut = ({ operation, record }: Change): Answer => {
  if (operation === 'delete') return { status: 204, headers: {}, body: '' }
  if (record['name'] === 'later') return problem(409, 'Not yet', waitingOn, { 'retry-after': '5' })
  if (record['name'] === 'never') return problem(422, 'Never')
  return json(200, { feedback: { shade: 'dark' } })
}

const take = ({ headers, body }: Received, clock: Clock): Answer => {
  if (body.length > maxEventBytes) return problem(413, 'Too large')
  try {
    const { change, deadline = Infinity } = decodeChange(headers, body)
    if (change.model !== 'Color') return problem(422, 'Not my model')
    return deadline <= clock.now() ? problem(500, 'Too late') : carryOut(change)
  } catch (error) {
    if (error instanceof ContractError) return problem(error.status, error.message)
    throw error
  }
}

/** A function that keeps the contract. */
const answerWith =
  (clock: Clock) =>
  (received: Received): Answer => {
    const { method, path, headers } = received
    if (path.startsWith('/health/')) return json(200, {})
    if (headers.authorization !== `Bearer ${token}`) return problem(401, 'Not for you')
    if (method === 'GET') return json(200, { observes: 'Color', include: [] })
    return method === 'POST' ? take(received, clock) : problem(405, 'Only GET and POST')
  }

const write = (
  response: ServerResponse,
  { method }: Received,
  { status, headers, body }: Answer,
): void => {
  response.writeHead(status, headers)
  response.end(method === 'HEAD' ? '' : body)
}

const asItIs: Fault = (received, answer) => answer(received)

/** Serves a function that observes Color, with a fault before it; its URL. It is gone after the test. */
export const serveColor = async (clock: Clock, fault: Fault = asItIs): Promise<string> => {
  const answer = answerWith(clock)
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { method = '', url: path = '', headers, socket } = request
      const received = { method, path, headers, body, socket }
      const reply = fault(received, answer)
      if (reply !== undefined) write(response, received, reply)
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

export const color = { model: 'Color', record: { id: 7, name: 'red' }, expanded: {} }
