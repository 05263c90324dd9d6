/**
 * Drops the types of TypeScript as modules are imported. What comes of a text is kept beside what npm brought, so that
 * the source starts about as fast as what was built.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cache = join(import.meta.dirname, '../node_modules/.cache/syncstep/typescript')
const { version } = createRequire(import.meta.url)('typescript/package.json')

/** Loaded when it is needed, which takes longer than all the rest. */
const transpile = async (text, fileName) => {
  const { default: ts } = await import('typescript')
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    inlineSourceMap: true,
  }
  return ts.transpileModule(text, { fileName, compilerOptions }).outputText
}

/** Of two processes that do so at once, either leaves a whole file. */
const keep = async (file, text) => {
  await mkdir(cache, { recursive: true })
  const unfinished = `${file}.${randomUUID()}`
  await writeFile(unfinished, text)
  await rename(unfinished, file)
}

/** The map of the lines names the file without its folder: copies of a file share what comes of it. */
const javaScriptOf = async (text, name) => {
  const key = createHash('sha256').update(`${version}\n${name}\n${text}`).digest('hex')
  const file = join(cache, `${key}.js`)
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept !== undefined) return kept
  const made = await transpile(text, name)
  await keep(file, made)
  return made
}

export const initialize = async ({ loadsEarly }) => {
  if (loadsEarly) await transpile('', 'empty.ts')
}

export const load = async (url, context, next) => {
  if (!url.startsWith('file:') || !/\.ts(\?|$)/.test(url)) return next(url, context)
  const file = fileURLToPath(url)
  const source = await javaScriptOf(await readFile(file, 'utf8'), basename(file))
  return { format: 'module', source, shortCircuit: true }
}
