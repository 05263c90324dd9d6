import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder with these files, by relative path, that is gone after the test. */
export const temporaryFolder = async (
  files: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'syncstep-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  return folder
}
