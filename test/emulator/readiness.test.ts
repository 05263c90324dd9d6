import { expect, test } from 'vitest'
import { createReadiness } from '../../emulator/readiness.ts'
import { startHealthServer } from '../../emulator/health-server.ts'
import { createManualClock } from '../support/manual-clock.ts'

const never = (): Promise<boolean> => new Promise(() => undefined)

test('a process is ready from begin to end, as long as its question is answered with yes', async () => {
  const readiness = createReadiness(createManualClock(0))
  let answer: () => Promise<boolean> = () => Promise.resolve(true)
  expect(await readiness.isReady()).toBe(false)

  readiness.begin(() => answer())
  expect(await readiness.isReady()).toBe(true)
  answer = () => Promise.resolve(false)
  expect(await readiness.isReady()).toBe(false)
  answer = () => Promise.reject(new Error('no connection'))
  expect(await readiness.isReady()).toBe(false)
  answer = () => Promise.resolve(true)
  expect(await readiness.isReady()).toBe(true)

  readiness.end()
  expect(await readiness.isReady()).toBe(false)
})

test('a question without an answer means not ready after two seconds, and is put once for all that ask', async () => {
  const clock = createManualClock(0)
  const readiness = createReadiness(clock)
  let questions = 0
  readiness.begin(() => {
    questions += 1
    return never()
  })
  const answers = Promise.all([readiness.isReady(), readiness.isReady(), readiness.isReady()])
  await clock.advance(2_000)

  expect(await answers).toEqual([false, false, false])
  expect(questions).toBe(1)
})

test('who was asked while it ended says no', async () => {
  const readiness = createReadiness(createManualClock(0))
  let answer: (isReady: boolean) => void = () => undefined
  readiness.begin(() => new Promise((resolve) => (answer = resolve)))
  const asked = readiness.isReady()
  readiness.end()
  answer(true)

  expect(await asked).toBe(false)
})

const get = async (port: number, path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return { status: response.status, text: await response.text() }
}

test('the health port says whether the process lives, is ready, and what it has counted', async () => {
  let page: (() => Promise<{ type: string; text: string }>) | undefined
  const health = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    isReady: () => false,
    metrics: () => page?.(),
  })
  const { port } = health

  expect(await get(port, '/livez')).toEqual({ status: 200, text: 'ok\n' })
  expect(await get(port, '/readyz?verbose')).toEqual({ status: 503, text: 'not ready\n' })
  expect(await get(port, '/metrics')).toMatchObject({ status: 503 })
  page = () => Promise.resolve({ type: 'text/plain', text: 'up 1\n' })
  expect(await get(port, '/metrics')).toEqual({ status: 200, text: 'up 1\n' })
  page = () => Promise.reject(new Error('the database is gone'))
  expect(await get(port, '/metrics')).toMatchObject({ status: 503 })
  expect(await get(port, '/else')).toMatchObject({ status: 404 })
  await health.close()
})
