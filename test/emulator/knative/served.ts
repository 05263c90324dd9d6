import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { Agent, request } from 'undici'
import { onTestFinished } from 'vitest'
import { askOverHttp } from '../../../cli/ask.ts'
import type { Description } from '../../../emulator/describe.ts'
import { seededRandom } from '../../../emulator/knative/faults.ts'
import { createProxy } from '../../../emulator/knative/proxy.ts'
import { createService } from '../../../emulator/knative/service.ts'
import { defaultServing, type ServingSettings } from '../../../emulator/knative/settings.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { createRecordedLog } from '../../support/recorded-log.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

/**
 * A function without the SDK, which starts in no time. It notes each call in a file, asks the gate before it answers a
 * call with `hold`, and answers who it is.
 */
export const functionText = (version: string): string => `
  import { appendFileSync } from 'node:fs'
  import { createServer } from 'node:http'
  const { PORT, GATE, CALLS, K_SERVICE, K_REVISION, K_CONFIGURATION } = process.env
  let running = 0
  const answer = async (request, response) => {
    if (request.method === 'GET') return response.end('{"observes":"${version}","include":[]}')
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const { id, hold, early } = JSON.parse(Buffer.concat(chunks).toString())
    running += 1
    appendFileSync(CALLS, id + ' ' + running + '\\n')
    if (early) response.write(early)
    response.on('close', () => response.writableFinished || fetch(GATE + 'cut/' + id))
    if (hold) await fetch(GATE + id)
    running -= 1
    response.end(JSON.stringify({
      version: '${version}', id, host: request.headers.host,
      K_SERVICE, K_REVISION, K_CONFIGURATION,
    }))
  }
  const server = createServer((request, response) => void answer(request, response))
  server.keepAliveTimeout = 100_000
  server.listen(Number(PORT), '127.0.0.1')
  process.on('SIGTERM', () => server.close(() => process.exit(0)))`

/** Where functions wait until the test lets them go on. */
const openGate = async () => {
  const waiting = new Map<string, ServerResponse>()
  const arrived: string[] = []
  const server = createServer(({ url = '' }, response) => {
    const id = url.slice(1)
    arrived.push(id)
    if (id.startsWith('cut/')) response.end()
    else waiting.set(id, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** The ids of those that came, also those that have gone on. */
    arrived,
    letGo(id: string): void {
      waiting.get(id)?.end()
    },
  }
}

export type Call = {
  readonly id: string
  readonly hold?: boolean
  /** What the function answers before it waits. */
  readonly early?: string
}

/** A step behind the proxy, with a process of its own, under a clock that goes on only while something is awaited. */
export const startServing = async (
  settings: Partial<ServingSettings> = {},
  text = functionText('one'),
) => {
  const folder = await temporaryFolder({ 'paint.mjs': text, calls: '' })
  const file = path.join(folder, 'paint.mjs')
  const gate = await openGate()
  const clock = createManualClock()
  const { log, entries } = createRecordedLog()
  const children: ChildProcess[] = []
  const described: Description[] = []
  const service = createService({
    step: 'paint',
    file,
    token: 'secret',
    settings: { ...defaultServing({ concurrency: 10 }), ...settings },
    spawn: (started, environment) => {
      const env = { ...environment, GATE: gate.url, CALLS: path.join(folder, 'calls') }
      const child = spawn(process.execPath, [started], {
        env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      children.push(child)
      return child
    },
    ask: askOverHttp,
    clock,
    random: seededRandom(1),
    log,
    onReady: (description) => described.push(description),
    onDeath: () => undefined,
  })
  const proxy = createProxy('colours')
  const url = await proxy.add('paint', service.handle)
  const port = await proxy.listen(0)
  const stopping = new AbortController()
  let isStopped = false
  const run = service.run(stopping.signal).then(() => (isStopped = true))
  const agent = new Agent()

  /** Time goes on by 25 ms each time it looks. */
  const becomes = <T>(what: string, condition: () => T | undefined | false): Promise<T> =>
    until(what, async () => {
      await clock.advance(25)
      return condition()
    })

  onTestFinished(async () => {
    stopping.abort()
    await becomes('the end', () => isStopped)
    await run
    await proxy.close()
    await agent.destroy()
  })

  const call = async (body: Call, target = url, headers: Readonly<Record<string, string>> = {}) => {
    const response = await request(target, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      dispatcher: agent,
    })
    return { status: response.statusCode, body: await response.body.text() }
  }

  return {
    service,
    gate,
    clock,
    entries,
    children,
    described,
    url,
    port,
    becomes,
    call,
    /** As {@link call}, while time goes on. */
    answered: async (body: Call, target?: string, headers?: Readonly<Record<string, string>>) => {
      let answer: Awaited<ReturnType<typeof call>> | undefined
      const calling = call(body, target, headers).then((given) => (answer = given))
      await becomes(`the answer to ${body.id}`, () => answer)
      return calling
    },
    arrives: (id: string) => becomes(`${id} at the gate`, () => gate.arrived.includes(id)),
    isReady: () => becomes('a process to be ready', () => described.length > 0),
    living: () => children.filter(({ exitCode, signalCode }) => exitCode === null && !signalCode),
    edit: (changed: string) => writeFile(file, changed),
    /** Each call that a process noted: its id, and how many that process had then. */
    calls: async () => {
      const noted = await readFile(path.join(folder, 'calls'), 'utf8')
      return noted
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' '))
    },
  }
}
