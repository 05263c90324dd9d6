import { expect, test } from 'vitest'
import { leaseMs } from '#contract'
import type { MemorySource } from '../support/memory-source.ts'
import { key, startDispatcher, targetFor } from '../support/started-dispatcher.ts'

const first = key('Color', 1)
const second = key('Color', 2)

/** A dispatcher whose function has the first record, while the second waits its turn. */
const startHoldingTwo = async () => {
  const started = startDispatcher({ targets: [targetFor('Color', { concurrency: 1 })] })
  const { clock, source } = started
  await clock.advance(0)
  source.write(first)
  source.write(second)
  await clock.advance(0)
  return started
}

const muteHeartbeats = (source: MemorySource): void => {
  source.setDelay((name) =>
    name === 'heartbeat' ? new Promise(() => undefined) : Promise.resolve(),
  )
}

test('a dispatcher that was not heard of for too long begins nothing that others may have by now', async () => {
  const { clock, source, pending, stop } = await startHoldingTwo()
  expect(source.owner(second)).toBe('dispatcher-1')

  muteHeartbeats(source)
  source.expireLease(second)
  await source.lease('dispatcher-2', [{ model: 'Color', limit: 1 }])
  await clock.advance(leaseMs + 1_000)
  const [call] = pending
  await call?.answer({ kind: 'synced' })

  expect(pending).toEqual([])
  expect(source.owner(second)).toBe('dispatcher-2')
  await stop()
})

test('what it held and nobody else took meanwhile, it leases and calls anew', async () => {
  const { clock, source, pending, stop } = await startHoldingTwo()

  muteHeartbeats(source)
  await clock.advance(leaseMs + 1_000)
  await pending[0]?.answer({ kind: 'synced' })
  expect(source.outcomes(second)).toEqual(['released'])

  expect(pending.map(({ change }) => change.record['id'])).toEqual([2])
  await pending[0]?.answer({ kind: 'synced' })
  expect(source.outcomes(second)).toEqual(['released', 'synced'])
  await stop()
})
