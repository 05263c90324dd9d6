import { expect, test } from 'vitest'
import { nextFault, seededRandom } from '../../../emulator/knative/faults.ts'
import type { Fault } from '../../../emulator/knative/settings.ts'

const fault = (kind: Fault['fault'], probability: number): Fault => ({
  fault: kind,
  probability,
  delayMs: 0,
  status: 503,
})

const faults = [fault('status', 0.1), fault('reset', 0.5)]

const shareOf = (kind: string, seed: number): number => {
  const random = seededRandom(seed)
  const hits = Array.from({ length: 10_000 }, () => nextFault(faults, random)?.fault)
  return hits.filter((hit) => hit === kind).length / hits.length
}

test('each fault comes about as often as it is set to, where none before it did', () => {
  expect(shareOf('status', 7)).toBeCloseTo(0.1, 1)
  expect(shareOf('reset', 7)).toBeCloseTo(0.45, 1)
})

test('one seed brings the same faults again, another one others', () => {
  expect(shareOf('reset', 7)).toBe(shareOf('reset', 7))
  expect(shareOf('reset', 7)).not.toBe(shareOf('reset', 8))
})

test('without faults nothing happens', () => {
  expect(nextFault([], () => 0)).toBeUndefined()
})
