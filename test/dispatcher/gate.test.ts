import { describe, expect, test } from 'vitest'
import type { Outcome } from '#contract'
import { gateAfter, openGate, passes, type Gate } from '../../dispatcher/gate.ts'

const at = { now: 10_000, random: () => 0.5, deferredDelayMs: 5_000, stale: false }

const answers = {
  synced: { kind: 'synced' },
  inProgress: { kind: 'in-progress', text: 'Booting' },
  deferred: { kind: 'deferred', text: 'Maybe later' },
  failed: { kind: 'failed', text: 'Maybe not', retry: true },
  failedForGood: { kind: 'failed', text: 'Never', retry: false },
} as const satisfies Record<string, Outcome>

const busy: Outcome = { kind: 'target-busy', text: 'busy' }
const busyFor = (retryAfterMs: number): Outcome => ({ ...busy, retryAfterMs })
const nobody: Outcome = { kind: 'target-down', text: 'refused' }
const refused: Outcome = { kind: 'target-misconfigured', text: '401' }

const pausedUntil = (untilMs: number): Gate => ({ kind: 'paused', untilMs })
const downUntil = (untilMs: number, failures: number): Gate => ({ kind: 'down', untilMs, failures })

describe('a gate moves', () => {
  const cases: readonly (readonly [string, Gate, Outcome, Gate])[] = [
    ['busy pauses for the default', openGate, busy, pausedUntil(15_000)],
    ['busy pauses for as long as asked', openGate, busyFor(60_000), pausedUntil(70_000)],
    ['busy for no time still pauses a little', openGate, busyFor(0), pausedUntil(10_100)],
    ['the longest of two pauses holds', pausedUntil(70_000), busy, pausedUntil(70_000)],
    ['an answer does not end a pause', pausedUntil(70_000), answers.synced, pausedUntil(70_000)],
    ['an answer after a pause opens', pausedUntil(10_000), answers.synced, openGate],
    ['nobody there closes', openGate, nobody, downUntil(11_000, 1)],
    ['a refusal closes', openGate, refused, downUntil(11_000, 1)],
    ['nobody there ends a pause', pausedUntil(70_000), nobody, downUntil(11_000, 1)],
    ['a probe that finds nobody waits longer', downUntil(9_000, 1), nobody, downUntil(12_000, 2)],
    ['but not for ever', downUntil(9_000, 20), nobody, downUntil(25_000, 21)],
    ['a probe that finds it busy pauses', downUntil(9_000, 3), busy, pausedUntil(15_000)],
  ]
  test.each(cases)('%s', (_title, before, outcome, after) => {
    expect(gateAfter(before, outcome, at)).toEqual(after)
  })

  test.each(Object.entries(answers))(
    'open when it was down and the answer is %s',
    (_kind, answer) => {
      expect(gateAfter(downUntil(9_000, 3), answer, at)).toEqual(openGate)
      expect(gateAfter(openGate, answer, at)).toEqual(openGate)
    },
  )

  test.each([openGate, pausedUntil(70_000), downUntil(11_000, 1)])(
    'not at all when a call from before it closed finds nobody: %j',
    (gate) => {
      expect(gateAfter(gate, nobody, { ...at, stale: true })).toEqual(gate)
    },
  )
})

test.each([
  ['open: all', openGate, 8],
  ['paused: none', pausedUntil(10_001), 0],
  ['pause over: all', pausedUntil(10_000), 8],
  ['down: none', downUntil(10_001, 1), 0],
  ['time for a probe: one', downUntil(10_000, 1), 1],
])('%s', (_title, gate, places) => {
  expect(passes(gate, 10_000, 8)).toBe(places)
})
