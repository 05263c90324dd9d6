import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RemoteSourceError } from '#dispatcher'
import { basicMetadata } from '../../../dispatcher/basic-metadata.ts'
import { createXosClient, type XosClient } from '../../../dispatcher/xos-source/client.ts'
import { createKnown } from '../../../dispatcher/xos-source/known.ts'
import { createLease, type Desk } from '../../../dispatcher/xos-source/lease.ts'
import { createReport } from '../../../dispatcher/xos-source/report.ts'
import { openService, type Service } from '../../../dispatcher/xos-source/service.ts'
import type { ManualClock } from '../../support/manual-clock.ts'
import { createTestLog } from '../../support/started-dispatcher.ts'
import { reportOn } from '../../support/store.ts'
import { instance, openBench, registrationOf, service, steps } from './support.ts'

let bench: Awaited<ReturnType<typeof openBench>>
let clock: ManualClock
let client: XosClient
let at: Service
beforeAll(async () => {
  bench = await openBench()
  clock = bench.core.clock
  const metadata = basicMetadata('admin@opencord.org', 'letmein')
  client = createXosClient({ endpoint: `localhost:${bench.core.port}`, metadata, clock })
  at = await openService(client, registrationOf(steps))
})
afterEach(() => bench.clear())
afterAll(async () => {
  client.close()
  await bench.close()
})

/** The core, with something that happens between two requests. */
const withRecords = (changes: Partial<Service['records']>): Service => ({
  ...at,
  records: { ...at.records, ...changes },
})

test('a record that is written with what it depends on, while the core is being asked, waits for a second look', async () => {
  /** Both are written after the core was asked for services, and before it is for instances. */
  const interrupted = withRecords({
    async filter(model, kind) {
      if (model.name === instance && kind === 'dirty') await bench.greeting()
      return at.records.filter(model, kind)
    },
  })
  const known = createKnown(clock, () => undefined)
  const free = (): readonly string[] =>
    [...known.pending.all()]
      .filter((entry) => known.isFree(entry))
      .map(({ seen }) => seen.key.model)

  await known.look(interrupted)
  expect([...known.pending.of(instance)]).toHaveLength(1)
  expect(known.isUnsure).toBe(true)
  expect(free()).toEqual([])

  await known.look(at)
  expect(known.isUnsure).toBe(false)
  expect(free()).toEqual([service])
})

test('a batch of which some could not be written is written by the next try, each record once', async () => {
  for (const color of ['red', 'green', 'blue']) await bench.records.create('Lamp', { color })
  const updates: number[] = []
  let isDown = false
  const failing = withRecords({
    async update(model, id, values) {
      if (isDown && id === 2) throw new RemoteSourceError('UNAVAILABLE', 'gone')
      updates.push(id)
      return at.records.update(model, id, values)
    },
  })
  const desk: Desk = {
    service: () => failing,
    known: createKnown(clock, () => undefined),
    held: new Map(),
    clock,
    random: () => 0.5,
    log: createTestLog().log,
  }
  await desk.known.look(failing)
  await desk.known.look(failing)
  const { work } = await createLease(desk)('d1', [{ model: 'Lamp', limit: 9 }])
  const report = createReport(desk)
  const reports = work.map((one) => reportOn(one, { kind: 'synced' }))
  updates.length = 0
  isDown = true
  await expect(report('d1', reports)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  isDown = false

  expect(await report('d1', reports)).toEqual([])
  expect(updates.toSorted()).toEqual([1, 2, 3])
  expect(await report('d1', reports)).toHaveLength(3)
})
