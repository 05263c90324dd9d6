import { randomUUID } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'
import { root } from '../support/syncstep-command.ts'
import type { Edit, Mutation } from './mutations.ts'

/** The engine and its simulation as JavaScript, in a folder of their own. */
export type EngineCopy = {
  readonly folder: string
  remove(): Promise<void>
}

const copied = ['contract', 'xproto', 'core', 'dispatcher', 'test/simulation']
const copiedFiles = ['test/support/record-change.ts']
const doors = ['contract', 'xproto']

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
}

const transpile = (text: string): string => ts.transpileModule(text, { compilerOptions }).outputText

const newCopy = (): EngineCopy => {
  // Below node_modules, so that packages are found.
  const name = `simulation-${randomUUID()}`
  const folder = path.join(root, 'node_modules', '.cache', 'syncstep', name)
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

const copyFile = async (file: string, folder: string): Promise<void> => {
  const text = await readFile(path.join(root, file), 'utf8')
  const isSource = file.endsWith('.ts')
  const to = path.join(folder, isSource ? file.replace(/\.ts$/, '.js') : file)
  await mkdir(path.dirname(to), { recursive: true })
  await writeFile(to, isSource ? transpile(text) : text)
}

/** Starts several times as fast as the source under a loader, which counts where many processes start. */
export const copyEngine = async (): Promise<EngineCopy> => {
  const copy = newCopy()
  for (const part of copied) {
    const entries = await readdir(path.join(root, part), { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      if (!entry.isFile() || !/\.(ts|xproto)$/.test(entry.name)) continue
      await copyFile(path.relative(root, path.join(entry.parentPath, entry.name)), copy.folder)
    }
  }
  for (const file of copiedFiles) await copyFile(file, copy.folder)
  const imports = Object.fromEntries(doors.map((door) => [`#${door}`, `./${door}/index.js`]))
  await writeFile(
    path.join(copy.folder, 'package.json'),
    JSON.stringify({ type: 'module', imports }),
  )
  return copy
}

const changed = (text: string, { file, find, replace }: Edit, name: string): string => {
  const parts = text.split(find)
  if (parts.length === 2) return parts.join(replace)
  throw new Error(
    `Expected ${file} to have what "${name}" changes once, found it ${parts.length - 1} times: ${find}`,
  )
}

/** A copy of the copy with one mistake in it. Throws where the text to be changed is not there exactly once. */
export const copyWithMistake = async (
  whole: EngineCopy,
  { name, edits }: Mutation,
): Promise<EngineCopy> => {
  const copy = newCopy()
  await cp(whole.folder, copy.folder, { recursive: true })
  const texts = new Map<string, string>()
  for (const edit of edits) {
    const text = texts.get(edit.file) ?? (await readFile(path.join(root, edit.file), 'utf8'))
    texts.set(edit.file, changed(text, edit, name))
  }
  for (const [file, text] of texts) {
    await writeFile(path.join(copy.folder, file.replace(/\.ts$/, '.js')), transpile(text))
  }
  return copy
}
