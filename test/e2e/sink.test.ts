import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startCoreProcess, stopCore } from '../support/core-process.ts'
import { makeDataFolder } from '../support/made-pglite.ts'
import { until } from '../support/until.ts'

type Got = { readonly id: string; readonly type: string; readonly name: unknown }

/** A sink that fails every third time, and every time while `isDown`. */
const startSink = async () => {
  const got: Got[] = []
  const state = { isDown: false, calls: 0 }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      state.calls += 1
      const isFit = !state.isDown && state.calls % 3 !== 0
      if (isFit) {
        const data = JSON.parse(Buffer.concat(chunks).toString()) as {
          object: Record<string, unknown>
        }
        const header = (name: string) => String(request.headers[name])
        got.push({ id: header('ce-id'), type: header('ce-type'), name: data.object['name'] })
      }
      response.writeHead(isFit ? 202 : 503).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { got, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncstep-sink-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('events reach the sink although it fails, and the core is killed in between', async () => {
  const sink = await startSink()
  const data = await makeDataFolder(await newFolder())
  const options = { data, environment: { K_SINK: sink.url } }
  const first = await startCoreProcess(options)
  const rename = async (core: typeof first, name: string): Promise<void> => {
    const { status } = await core.rest('PUT', 'core/sites/1', { name })
    expect(status).toBe(200)
  }
  const names = (): unknown[] => [...new Map(sink.got.map(({ id, name }) => [id, name])).values()]

  await rename(first, 'one')
  await until('the first event', () => names().includes('one'))
  sink.state.isDown = true
  await rename(first, 'two')
  await rename(first, 'three')
  await stopCore(first)

  sink.state.isDown = false
  const second = await startCoreProcess(options)
  onTestFinished(() => stopCore(second))
  await rename(second, 'four')
  await until('the last event', () => names().includes('four'))
  expect(names().filter((name) => name !== 'mysite')).toEqual(['one', 'two', 'three', 'four'])
}, 240_000)
