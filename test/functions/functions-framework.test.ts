import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { expect, onTestFinished, test } from 'vitest'
import { encodeChange, type Change, type Mode } from '#contract'
import { DeferredException, toNodeHandler, type Step } from '#functions'
import { createManualClock } from '../support/manual-clock.ts'

const start = Date.UTC(2026, 0, 31, 12)

const change: Change = {
  operation: 'sync',
  model: 'Color',
  record: { id: 7, name: 'red' },
  expanded: {},
  stamp: 5,
  attempt: 1,
}

const nothing = (): undefined => undefined

const step: Step = {
  observes: 'Color',
  sync_record(o) {
    if (o['name'] === 'grey') throw new DeferredException('the paint is drying')
    return { seen: o['name'] }
  },
  delete_record: nothing,
}

/** Serves the step as functions-framework serves any function of HTTP. */
const serveUnderFramework = async (): Promise<string> => {
  http(
    'color',
    toNodeHandler(step, {
      callers: { tokens: ['right'] },
      clock: createManualClock(start),
      log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    }),
  )
  const server = getTestServer('color').listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const post = async (url: string, mode: Mode, sent: Change, token = 'right') => {
  const times = { time: start, deadline: start + 30_000 }
  const { headers, body } = encodeChange(sent, { source: '/s', mode, ...times })
  const shown = { ...headers, authorization: `Bearer ${token}` }
  const answer = await fetch(url, { method: 'POST', headers: shown, body })
  return { status: answer.status, body: await answer.json() }
}

test('a step answers under functions-framework, in both modes', async () => {
  const url = await serveUnderFramework()
  for (const mode of ['binary', 'structured'] as const) {
    expect(await post(url, mode, change)).toEqual({
      status: 200,
      body: { feedback: { seen: 'red' } },
    })
  }
})

test('what a step says of itself comes through functions-framework as it is', async () => {
  const url = await serveUnderFramework()
  expect(await post(url, 'binary', { ...change, record: { id: 7, name: 'grey' } })).toMatchObject({
    status: 409,
    body: { code: 'STEP_DEFERRED', detail: 'the paint is drying' },
  })
  expect(await post(url, 'binary', change, 'wrong')).toMatchObject({ status: 401 })
})
