import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { compile, leniencies, print, parse, render, targets } from '#xproto'
import { allFieldOptions } from '../../xproto/field-options.ts'
import { optionsOfModels } from '../../xproto/model-options.ts'
import { coreSource } from '../fixtures/xproto/read.ts'
import { root } from '../support/syncstep-command.ts'

const page = readFileSync(path.join(root, 'docs/xproto.md'), 'utf8')

/** The cells of all rows that begin with a word in code marks, which is taken out of them. */
const rowsUnder = (heading: string): ReadonlyMap<string, readonly string[]> => {
  const depth = heading.indexOf(' ')
  const [, after = ''] = page.split(`\n${heading}\n`)
  const [section = ''] = after.split(new RegExp(`\n#{1,${depth}} `))
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return new Map(
    rows.flatMap((row) => {
      const [first = '', ...cells] = row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim())
      return [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, cells] as const)
    }),
  )
}

const blocks = [...page.matchAll(/^```xproto\n([^]*?)^```$/gm)].map(([, text = '']) => text)

const codesInSource = (): readonly string[] => {
  const folder = path.join(root, 'xproto')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const texts = names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
  return [...new Set(texts.flatMap((text) => text.match(/(?<=')XP_[A-Z_]+(?=')/g) ?? []))].sort()
}

test('every code is explained, and what --compat makes of it', () => {
  const explained = rowsUnder('## Checking')

  expect([...explained.keys()].sort()).toEqual(codesInSource())
  for (const [code, [, tolerated]] of explained) {
    expect([code, tolerated]).toEqual([code, leniencies.get(code as `XP_${string}`) ?? ''])
  }
})

test('every target is listed', () => {
  expect([...rowsUnder('## Targets').keys()].sort()).toEqual(Object.keys(targets).sort())
})

test('every option of a field is listed', () => {
  expect([...rowsUnder('### Options of fields').keys()].sort()).toEqual([...allFieldOptions].sort())
})

test('every option of files and models that is known is listed', () => {
  const rows = page.split('\n### Options of files and models\n')[1]?.split('\n## ')[0] ?? ''

  for (const name of optionsOfModels) expect(rows).toContain(`\`${name}\``)
})

test.each(blocks)('an example compiles and is in its one form: %s', (text) => {
  const source = { file: 'models/example.xproto', text }

  expect(compile([coreSource, source]).diagnostics).toEqual([])
  expect(print(parse(source).tree)).toBe(text)
})

test('the mistake shown is the one that is made', () => {
  const text = (blocks[0] ?? '').replace('->Rack', '->Rak')
  const sources = [coreSource, { file: 'models/racks.xproto', text }]
  const [diagnostic] = compile(sources).diagnostics

  expect(page).toContain(render(diagnostic!, sources))
})
