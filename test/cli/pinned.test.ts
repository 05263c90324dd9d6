import { expect, test } from 'vitest'
import { createPinned } from '../../cli/pinned.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** A terminal as far as it is used here: lines, and `ESC[nA`, `\r` and `ESC[J`. It wraps lines that are too wide. */
const openTerminal = () => {
  const state = { columns: 40, writes: 0 }
  let lines: string[] = ['']
  const write = (text: string): void => {
    state.writes += 1
    const visible = text.replaceAll('\u001b', '@')
    for (const [part] of visible.matchAll(/@\[\??\d*[A-Za-z]|\n|[^@\r\n]+/g)) {
      const up = /^@\[(\d+)A$/.exec(part)
      const last = lines.pop() ?? ''
      if (up !== null) lines = [...lines.slice(0, lines.length - Number(up[1])), last]
      else if (part === '@[J') lines.push('')
      else if (part === '\n') lines.push(last, '')
      else lines.push(part.startsWith('@') ? last : last + part)
    }
  }
  const output = {
    isTerminal: true,
    size: () => ({ columns: state.columns, rows: 10 }),
    write,
  }
  /** What a terminal does that becomes narrower: it goes on with a line on the next row. */
  const narrow = (columns: number): void => {
    state.columns = columns
    lines = lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [''])
  }
  return { output, state, narrow, shown: () => lines }
}

const open = () => {
  const clock = createManualClock()
  const terminal = openTerminal()
  return { clock, ...terminal, pinned: createPinned(terminal.output, clock) }
}

test('lines scroll by above those that are pinned', async () => {
  const { clock, pinned, shown } = open()
  pinned.output.write('before\n')
  pinned.pin(['table', 'row'])
  await clock.advance(50)
  pinned.output.write('one\n')
  pinned.output.write('two\nthree\n')
  await clock.advance(50)
  pinned.pin(['table', 'other', 'another'])
  await clock.advance(50)

  expect(shown()).toEqual(['before', 'one', 'two', 'three', 'table', 'other', 'another', ''])
})

test('however much is written, it is drawn anew twenty times a second at most', async () => {
  const { clock, pinned, state, shown } = open()
  pinned.pin(['table'])
  await clock.advance(50)
  const before = state.writes
  for (let line = 0; line < 1_000; line += 1) pinned.output.write(`${line}\n`)
  await clock.advance(50)

  expect(state.writes).toBe(before + 1)
  expect(shown()).toHaveLength(1_002)
})

test('what stays the same is not drawn again', async () => {
  const { clock, pinned, state } = open()
  pinned.pin(['table'])
  await clock.advance(50)
  const before = state.writes
  pinned.pin(['table'])
  await clock.advance(1_000)

  expect(state.writes).toBe(before)
})

test('a terminal that has become narrower keeps nothing of what was drawn', async () => {
  const { clock, pinned, narrow, shown } = open()
  pinned.pin(['a table of thirty characters', 'row'])
  await clock.advance(50)
  narrow(10)
  pinned.pin(['a table', 'row'])
  await clock.advance(50)

  expect(shown()).toEqual(['a table', 'row', ''])
})

test('once it is closed everything has been written, and more stands below the lines', async () => {
  const { clock, pinned, shown } = open()
  pinned.pin(['table'])
  await clock.advance(50)
  pinned.output.write('last\n')
  pinned.close()
  pinned.output.write('below\n')
  pinned.pin(['never'])
  await clock.advance(1_000)

  expect(shown()).toEqual(['last', 'table', 'below', ''])
})
