import { expect, onTestFinished, test } from 'vitest'
import { basicMetadata } from '../../../dispatcher/basic-metadata.ts'
import { createXosClient } from '../../../dispatcher/xos-source/client.ts'
import { createKnown } from '../../../dispatcher/xos-source/known.ts'
import { openService, type Service } from '../../../dispatcher/xos-source/service.ts'
import { instance, openBench, registrationOf, service, steps } from './support.ts'

test('a record that is written with what it depends on, while the core is being asked, waits for a second look', async () => {
  const bench = await openBench()
  const { clock, port } = bench.core
  const metadata = basicMetadata('admin@opencord.org', 'letmein')
  const client = createXosClient({ endpoint: `localhost:${port}`, metadata, clock })
  onTestFinished(async () => {
    client.close()
    await bench.close()
  })
  const at = await openService(client, registrationOf(steps))
  /** Both are written after the core was asked for services, and before it is for instances. */
  const interrupted: Service = {
    ...at,
    records: {
      ...at.records,
      async filter(model, kind) {
        if (model.name === instance && kind === 'dirty') await bench.greeting()
        return at.records.filter(model, kind)
      },
    },
  }
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
