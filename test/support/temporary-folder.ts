import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

type Texts = Readonly<Record<string, string>>

/** A folder with these files, by relative path, while the work lasts. */
export const inFolder = async <T>(
  files: Texts,
  work: (folder: string) => Promise<T>,
): Promise<T> => {
  const folder = await filledFolder(files)
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A folder with these files, by relative path, that is gone after the test. */
export const temporaryFolder = async (files: Texts = {}): Promise<string> => {
  const folder = await filledFolder(files)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const filledFolder = async (files: Texts): Promise<string> => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'syncstep-test-'))
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  return folder
}
