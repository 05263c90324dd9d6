import { stripVTControlCharacters } from 'node:util'
import type { Look, StepLook } from '#emulator'
import { harmless } from './client/print.ts'
import { cutTo, widthOf } from './line-width.ts'

export type TableSize = {
  /** Characters in a line. */
  readonly columns: number
  /** Lines that the table may take. */
  readonly rows: number
  readonly colours: boolean
}

type Cell = { readonly text: string; readonly colour?: number; readonly isNumber?: boolean }

type Table = { readonly titles: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

const red = 31
const green = 32
const yellow = 33
const grey = 90

const stateColours: Readonly<Record<StepLook['state'], number>> = {
  starting: yellow,
  ready: green,
  cold: grey,
  paused: yellow,
  down: red,
}

/** In its colour unless it is 0. */
const count = (value: number, colour?: number): Cell => ({
  text: String(value),
  isNumber: true,
  ...(colour === undefined || value === 0 ? {} : { colour }),
})

const stepTable = (steps: readonly StepLook[]): Table => ({
  titles: ['STEP', 'KIND', 'STATE', 'IN FLIGHT', 'CALLS', 'FAILED', 'LAST'],
  rows: steps.map(({ step, kind, state, active, calls, failures, last = '' }) => [
    { text: step },
    { text: kind },
    { text: state, colour: stateColours[state] },
    count(active),
    count(calls),
    count(failures, red),
    { text: harmless(stripVTControlCharacters(last)) },
  ]),
})

const modelTable = (models: Look['models']): Table => ({
  titles: ['MODEL', 'WAITING', 'SYNCED', 'FAILED', 'PENDING'],
  rows: models.map(({ model, waiting, synced, failed, pending }) => [
    { text: model },
    count(waiting, yellow),
    count(synced, green),
    count(failed, red),
    count(pending, yellow),
  ]),
})

const padded = ({ text, isNumber = false }: Cell, width: number): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return isNumber ? space + text : text + space
}

/** Each cell as wide as the widest of its column; what goes beyond the line is cut. Nothing for a table without rows. */
const linesOf = ({ titles, rows }: Table, { columns, colours }: TableSize): readonly string[] => {
  const [first] = rows
  if (first === undefined) return []
  const header = first.map(({ isNumber = false }, column) => ({
    text: titles[column] ?? '',
    colour: grey,
    isNumber,
  }))
  const all = [header, ...rows]
  const widths = header.map((_, column) =>
    Math.max(...all.map((row) => widthOf(row[column]?.text ?? ''))),
  )
  const lineOf = (row: readonly Cell[]): string => {
    let room = columns
    const cells = row.map((cell, column) => {
      const text = cutTo((column === 0 ? '' : '  ') + padded(cell, widths[column] ?? 0), room)
      room -= widthOf(text)
      return colours && cell.colour !== undefined ? `\u001b[${cell.colour}m${text}\u001b[0m` : text
    })
    return cells.join('').trimEnd()
  }
  return ['', ...all.map(lineOf)]
}

/** As many lines as there is room for; the last one says how many are left out. */
const fitting = (lines: readonly string[], { columns, rows }: TableSize): readonly string[] => {
  if (lines.length <= rows) return lines
  const shown = Math.max(0, rows - 1)
  return [...lines.slice(0, shown), cutTo(`and ${lines.length - shown} more lines`, columns)]
}

/** The table of `syncstep dev`: its steps, and below them the records of their models. No line is wider than the screen. */
export const tableLines = ({ steps, models }: Look, size: TableSize): readonly string[] =>
  fitting([...linesOf(stepTable(steps), size), ...linesOf(modelTable(models), size)], size)
