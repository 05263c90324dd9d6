import { stringify } from 'yaml'
import type { Flags, Input } from '../command.ts'
import { UsageError } from '../usage-error.ts'
import type { World } from '../world.ts'

const forms = ['table', 'json', 'yaml'] as const
export type Form = (typeof forms)[number]

export const outputFlags: Flags = {
  output: {
    kind: 'text',
    short: 'o',
    help: 'table, json or yaml',
    value: 'FORM',
    default: 'table',
    variable: 'SYNCSTEP_OUTPUT',
  },
}

/** @throws UsageError for a form that is none. */
export const formOf = (input: Input): Form => {
  const text = input.text('output')
  const form = forms.find((known) => known === text)
  if (form !== undefined) return form
  throw new UsageError(`Expected --output to be ${forms.join(', ')}, got "${text ?? ''}".`)
}

const widestCell = 48

/** A terminal must not obey what a record holds. */
export const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')

const cellOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  const shown = harmless(text)
  return shown.length > widestCell ? `${shown.slice(0, widestCell - 3)}...` : shown
}

/** Lines with columns of equal width under their names; a column that is empty in all rows is left out. */
export const tableOf = (
  names: readonly string[],
  rows: readonly (readonly unknown[])[],
  widenLast = false,
): string => {
  const cells = rows.map((row) =>
    row.map((value, index) =>
      widenLast && index === names.length - 1 ? harmless(String(value)) : cellOf(value),
    ),
  )
  const shown = names.map((_, index) => cells.some((row) => (row[index] ?? '') !== ''))
  const lines = [names.map((name) => name.toUpperCase()), ...cells].map((line) =>
    line.filter((_, index) => shown[index] === true),
  )
  const widths = (lines[0] ?? []).map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  )
  return lines
    .map((line) => line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** Writes a value in the form that was asked for; `table` says what people get. */
export const print = ({ stdout }: World, form: Form, value: unknown, table: () => string): void => {
  if (form === 'json') stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  else if (form === 'yaml') stdout.write(stringify(value))
  else stdout.write(table())
}
