import { fileURLToPath } from 'node:url'
import type { Source } from '#xproto'
import { readText } from './files.ts'

const file = fileURLToPath(new URL('../xproto/models/core.xproto', import.meta.url))

/** The core models, as the program ships them. */
export const readCoreModels = async (): Promise<Source> => ({
  file: 'core.xproto',
  text: await readText(file, 'the core models'),
})
