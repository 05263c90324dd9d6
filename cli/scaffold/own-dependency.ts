import path from 'node:path'
import { readTextIfAny } from '../files.ts'
import type { OwnPackage } from '../version.ts'

type HiddenLock = {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string } | undefined>>
}

/** Where npm says that it took the package from; undefined when it does not say. */
const resolvedIn = async (modules: string): Promise<string | undefined> => {
  const text = await readTextIfAny(path.join(modules, '.package-lock.json'))
  if (text === undefined) return undefined
  return (JSON.parse(text) as HiddenLock).packages?.['node_modules/syncstep']?.resolved
}

/**
 * What a package.json names to get the package that runs now: the archive it was installed from, the folder it runs
 * from, or else its version.
 */
export const ownDependency = async ({ folder, version }: OwnPackage): Promise<string> => {
  const modules = path.dirname(folder)
  if (path.basename(modules) !== 'node_modules') return `file:${folder}`
  const resolved = await resolvedIn(modules)
  if (resolved?.startsWith('file:') !== true) return version
  return `file:${path.resolve(path.dirname(modules), resolved.slice('file:'.length))}`
}
