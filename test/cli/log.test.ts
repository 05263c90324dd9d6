import { expect, test } from 'vitest'
import { createLog } from '../../cli/log.ts'

const lines = (readable: boolean, colours = false) => {
  let text = ''
  const output = { isTerminal: false, write: (more: string) => (text += more) }
  return { log: createLog(output, { level: 'info', readable, colours }), text: () => text }
}

test('a readable line has time, level, message and fields', () => {
  const { log, text } = lines(true)
  log.info({ model_name: 'Color', pk: 1, note: 'two words', nothing: null }, 'Synced object')

  expect(text()).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: Synced object {2}model_name=Color pk=1 note="two words" nothing=null\n$/,
  )
})

test('an error is shown with its stack', () => {
  const { log, text } = lines(true)
  log.error({ err: new Error('no paint'), pk: 1 }, 'sync step failed!')

  expect(text()).toMatch(/ERROR: sync step failed! {2}pk=1\n\s*Error: no paint\n\s+at /)
})

test('lines are coloured on request only', () => {
  const escape = '\u001b['
  const plain = lines(true)
  plain.log.warn({}, 'careful')
  const coloured = lines(true, true)
  coloured.log.warn({}, 'careful')

  expect(plain.text()).not.toContain(escape)
  expect(coloured.text()).toContain(escape)
})

test('for programs a line is a JSON object', () => {
  const { log, text } = lines(false)
  log.info({ pk: 1 }, 'Synced object')

  expect(JSON.parse(text())).toMatchObject({ level: 30, pk: 1, msg: 'Synced object' })
})
