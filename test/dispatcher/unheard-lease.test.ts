import { expect, test } from 'vitest'
import type { Work } from '#contract'
import { key, startDispatcher } from '../support/started-dispatcher.ts'

test('a record comes back whose lease the core made and died before it could say so', async () => {
  const { clock, source, pending, stop } = startDispatcher()
  await clock.advance(0)
  source.write(key('Color', 1))
  await clock.advance(0)
  expect(pending).toHaveLength(1)

  const lease = source.lease.bind(source)
  let unheard: readonly Work[] = []
  Object.assign(source, {
    async lease(...asked: Parameters<typeof lease>) {
      ;({ work: unheard } = await lease(...asked))
      source.lease = lease
      throw new Error('connection lost')
    },
  })
  source.write(key('Color', 2))
  await clock.advance(0)
  expect(unheard).toMatchObject([{ key: { model: 'Color', id: 2 } }])

  await clock.advance(1_000)
  expect(pending.map(({ change }) => change.record['id'])).toEqual([1, 2])
  for (const one of [...pending]) await one.answer({ kind: 'synced' })
  expect(source.outcomes(key('Color', 1))).toEqual(['synced'])
  expect(source.outcomes(key('Color', 2))).toEqual(['synced'])
  await stop()
})
