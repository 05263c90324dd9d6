import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { logChildLine } from '../../emulator/child-log.ts'
import { eachLine } from '../../emulator/lines.ts'
import { createRecordedLog } from '../support/recorded-log.ts'

test.each([
  ['{"level":30,"time":1,"msg":"painted","pk":1}', 'info', 'painted', { pk: 1, step: 'paint' }],
  ['{"level":50,"msg":"no paint"}', 'error', 'no paint', { step: 'paint' }],
  ['{"level":40,"msg":"little paint"}', 'warn', 'little paint', { step: 'paint' }],
  ['{"level":20,"msg":"stirring"}', 'debug', 'stirring', { step: 'paint' }],
  ['{"level":30,"msg":"mine","step":"other"}', 'info', 'mine', { step: 'paint' }],
  ['plain words', 'info', 'plain words', { step: 'paint' }],
  ['{"no":"level"}', 'info', '{"no":"level"}', { step: 'paint' }],
  ['{broken', 'info', '{broken', { step: 'paint' }],
])('the line %s is logged as %s: %s', (line, level, message, fields) => {
  const { log, entries } = createRecordedLog()
  logChildLine(log, 'paint', line, 'info')

  expect(entries).toEqual([{ level, message, fields }])
})

test('an empty line is not logged', () => {
  const { log, entries } = createRecordedLog()
  logChildLine(log, 'paint', '  ', 'info')

  expect(entries).toEqual([])
})

const linesOf = async (chunks: readonly (string | Buffer)[]): Promise<readonly string[]> => {
  const stream = new PassThrough()
  const lines: string[] = []
  eachLine(stream, (line) => lines.push(line))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await new Promise((resolve) => stream.on('close', resolve))
  return lines
}

test('lines are put together however they arrive', async () => {
  const euro = Buffer.from('€')

  expect(await linesOf(['on', 'e\ntw', 'o\r\n', euro.subarray(0, 1), euro.subarray(1)])).toEqual([
    'one',
    'two',
    '€',
  ])
})

test('a line without an end comes in pieces', async () => {
  const lines = await linesOf(Array.from({ length: 5 }, () => 'x'.repeat(40_000)))

  expect(lines.join('').length).toBe(200_000)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(65_536)
})
