import { fileURLToPath } from 'node:url'
import { readTextIfAny } from './files.ts'

/** The package lies one folder up in the source, and two once it is compiled. */
const packageFiles = ['../package.json', '../../package.json']

/** Version of this program. */
export const packageVersion = async (): Promise<string> => {
  for (const file of packageFiles) {
    const text = await readTextIfAny(fileURLToPath(new URL(file, import.meta.url)))
    if (text !== undefined) return (JSON.parse(text) as { readonly version: string }).version
  }
  return 'unknown'
}
