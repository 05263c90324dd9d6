import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { tableLines } from '../../cli/dev-table.ts'
import { widthOf } from '../../cli/line-width.ts'
import type { Look, StepLook } from '#emulator'

const size = { columns: 100, rows: 20, colours: false }

const paint: StepLook = {
  step: 'paint',
  kind: 'sync',
  state: 'ready',
  active: 2,
  calls: 1_234,
  failures: 0,
  last: 'synced',
}

const look: Look = {
  steps: [
    paint,
    { ...paint, step: 'guard-colours', kind: 'policy', state: 'down', active: 0, failures: 7, last: 'failed: no such colour' }, // prettier-ignore
    { ...paint, step: 'hear', kind: 'event', state: 'cold', active: 0, calls: 0, last: undefined },
  ],
  models: [{ model: 'Color', waiting: 3, synced: 40, failed: 1, pending: 4 }],
}

test('steps stand above the records of their models, numbers below each other', () => {
  expect(tableLines(look, size)).toEqual([
    '',
    'STEP           KIND    STATE  IN FLIGHT  CALLS  FAILED  LAST',
    'paint          sync    ready          2   1234       0  synced',
    'guard-colours  policy  down           0   1234       7  failed: no such colour',
    'hear           event   cold           0      0       0',
    '',
    'MODEL  WAITING  SYNCED  FAILED  PENDING',
    'Color        3      40       1        4',
  ])
})

test('where no model has records there is no table of them', () => {
  expect(tableLines({ ...look, models: [] }, size)).toHaveLength(5)
})

test('what a step says can neither move the cursor nor begin a line', () => {
  const last = 'failed: \u001b[2J\u001b[31mred\u001b[0m\r\nnext\u0007'
  const [, , line] = tableLines({ steps: [{ ...paint, last }], models: [] }, size)

  expect(line).toBe('paint  sync  ready          2   1234       0  failed: red  next')
})

test.each([1, 5, 20, 47, 60, 200])('no line is wider than %i places', (columns) => {
  const last = '漢字 👍 und é, ganz lang und noch länger und noch einmal länger'
  const lines = tableLines({ ...look, steps: [{ ...paint, last }] }, { ...size, columns })

  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
})

test('what is left out of a small terminal is counted', () => {
  const lines = tableLines(look, { ...size, rows: 4 })

  expect(lines).toHaveLength(4)
  expect(lines.at(-1)).toBe('and 5 more lines')
})

test('failures are red, and colours take no place', () => {
  const coloured = tableLines(look, { ...size, colours: true })

  expect(coloured[3]).toContain('\u001b[31m       7\u001b[0m')
  const uncoloured = coloured.map((line) => stripVTControlCharacters(line).trimEnd())
  expect(uncoloured).toEqual(tableLines(look, size))
})
