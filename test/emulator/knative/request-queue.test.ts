import { expect, test } from 'vitest'
import { createRequestQueue, QueueFull } from '../../../emulator/knative/request-queue.ts'

const never = (): AbortSignal => new AbortController().signal

const taken = async (turn: Promise<number>): Promise<number | undefined> => {
  let port: number | undefined
  void turn.then((given) => (port = given))
  await new Promise((resolve) => setImmediate(resolve))
  return port
}

test('requests go to the process that has the fewest', async () => {
  const queue = createRequestQueue({ containerConcurrency: 2, targetBurstCapacity: 0 })
  queue.open(1)
  queue.open(2)
  const ports = [await queue.take(never()), await queue.take(never()), await queue.take(never())]

  expect(ports).toEqual([1, 2, 1])
  expect([queue.load(1), queue.load(2)]).toEqual([2, 1])
})

test('those that wait come in order, except for those that went away', async () => {
  const queue = createRequestQueue({ containerConcurrency: 1, targetBurstCapacity: 0 })
  queue.open(1)
  await queue.take(never())
  const leaving = new AbortController()
  const gone = queue.take(leaving.signal)
  const next = queue.take(never())
  leaving.abort(new Error('gone'))
  await expect(gone).rejects.toThrow('gone')
  queue.giveBack(1)

  expect(await next).toBe(1)
})

test('before there is a process 10 000 may wait', async () => {
  const queue = createRequestQueue({ containerConcurrency: 1, targetBurstCapacity: 0 })
  for (let count = 0; count < 10_000; count += 1) void queue.take(never())

  await expect(queue.take(never())).rejects.toThrow(QueueFull)
})

test.each([
  [0, 20, false],
  [211, 10_000, true],
  [-1, 10_000, true],
])('with a burst capacity of %i, %i may wait for two processes', async (capacity, most, held) => {
  const queue = createRequestQueue({ containerConcurrency: 1, targetBurstCapacity: capacity })
  queue.open(1)
  queue.open(2)
  expect(queue.isHeldBack()).toBe(held)
  for (let count = 0; count < most + 2; count += 1) void queue.take(never())

  await expect(queue.take(never())).rejects.toThrow('pending request queue full')
})

test('a process without a limit keeps nobody waiting', async () => {
  const queue = createRequestQueue({ containerConcurrency: 0, targetBurstCapacity: 0 })
  queue.open(1)
  const turns = Array.from({ length: 5_000 }, () => queue.take(never()))

  expect(new Set(await Promise.all(turns))).toEqual(new Set([1]))
})

test('a process that closes gets nothing more, and is done when it has given all back', async () => {
  const queue = createRequestQueue({ containerConcurrency: 2, targetBurstCapacity: 0 })
  queue.open(1)
  await queue.take(never())
  let isDone = false
  const closing = queue.close(1).then(() => (isDone = true))
  const waits = queue.take(never())
  expect(await taken(waits)).toBeUndefined()
  expect(isDone).toBe(false)

  queue.giveBack(1)
  await closing
  queue.open(2)
  expect(await waits).toBe(2)
})
