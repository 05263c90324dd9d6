import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readTextIfAny } from './files.ts'

/** The package lies one folder up in the source, and two once it is compiled. */
const packageFiles = ['../package.json', '../../package.json']

/** The package of this program. */
export type OwnPackage = {
  /** Where it is installed: absolute. */
  readonly folder: string
  readonly version: string
  /** What it was tested with, by name. */
  readonly devDependencies: Readonly<Record<string, string>>
}

/** Undefined when its package.json is gone. */
export const ownPackage = async (): Promise<OwnPackage | undefined> => {
  for (const name of packageFiles) {
    const file = fileURLToPath(new URL(name, import.meta.url))
    const text = await readTextIfAny(file)
    if (text === undefined) continue
    const { version, devDependencies = {} } = JSON.parse(text) as Omit<
      Partial<OwnPackage>,
      'version'
    > & { readonly version: string }
    return { folder: path.dirname(file), version, devDependencies }
  }
  return undefined
}

/** Version of this program. */
export const packageVersion = async (): Promise<string> =>
  (await ownPackage())?.version ?? 'unknown'
