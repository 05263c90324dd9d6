import { createRequire, register } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

/** Node.js drops types by itself from 22.18 on. Where this file is TypeScript, whoever started it has seen to that. */
export const readsTypeScript = (): boolean =>
  import.meta.url.endsWith('.ts') || Boolean(Reflect.get(process.features, 'typescript'))

const hooks = 'ts-node/esm'

let hasRegistered = false

/** Whether the project of a file brings ts-node, with which every Node.js reads TypeScript. */
export const hasTsNode = (file: string): boolean => {
  try {
    createRequire(file).resolve(hooks)
    return true
  } catch {
    return false
  }
}

/** Says what to do where {@link readTypeScript} found nothing that reads it. */
export const typeScriptAdvice =
  'Install it beside the steps with npm install --save-dev ts-node typescript, or use Node.js 22.18 or newer.'

/**
 * Lets this process import a file of TypeScript, with the ts-node of its project where Node.js does not read it by
 * itself. Types are not checked: that is for tests and editors. Does nothing for other files, and without ts-node.
 */
export const readTypeScript = (file: string): void => {
  if (hasRegistered || !file.endsWith('.ts') || readsTypeScript() || !hasTsNode(file)) return
  hasRegistered = true
  // The hooks run in a thread of their own, and are told of the project by its variables.
  process.env['TS_NODE_CWD'] = path.dirname(file)
  process.env['TS_NODE_TRANSPILE_ONLY'] = 'true'
  // TypeScript 6 wants to know the rootDir, which matters only to what is written.
  process.env['TS_NODE_IGNORE_DIAGNOSTICS'] = '5011'
  process.setSourceMapsEnabled(true)
  register(hooks, pathToFileURL(file))
}
