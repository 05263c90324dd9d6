import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { createHost, type AnyStep, type FunctionOptions, type Log, type Step } from '#functions'
import { askOverHttp } from '../../../cli/ask.ts'
import { realClock } from '../../../cli/real-clock.ts'
import type { World } from '../../../cli/world.ts'
import { said } from '../../support/said.ts'

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** Serves a step of the model Color until the test is over. Answers where. */
export const serveStep = (
  step: Partial<Step> = {},
  options: Partial<FunctionOptions> = {},
): Promise<string> => {
  const nothing = (): undefined => undefined
  const usual = { observes: 'Color', sync_record: nothing, delete_record: nothing }
  return serveAny({ ...usual, ...step }, options)
}

/** The same of a step of any kind. */
export const serveAny = async (
  step: AnyStep,
  options: Partial<FunctionOptions> = {},
): Promise<string> => {
  const host = createHost(step, {
    name: 'color',
    log: silent,
    clock: realClock,
    callers: 'anyone',
    ...options,
  })
  const { port } = await host.listen(0, '127.0.0.1')
  onTestFinished(() => host.close(0))
  return `http://127.0.0.1:${port}/`
}

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

type Reply = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A function of any language. It answers a POST as it is told to; undefined: never. Until the test is over. */
export const serveRaw = async (answer: (received: Received) => Reply | undefined = () => ({})) => {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      if (request.method !== 'POST') {
        response.writeHead(404).end()
        return
      }
      const one = { headers: request.headers, body: bytes.toString() }
      received.push(one)
      const reply = answer(one)
      if (reply === undefined) return
      const { status = 200, headers = {}, body = '' } = reply
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, received }
}

/** What the command line answers, with a network. */
export const saidOnline = (words: readonly string[], world: Partial<World> = {}) =>
  said(words, { ask: askOverHttp, randomBytes, ...world })
