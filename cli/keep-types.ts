import path from 'node:path'
import type { Log } from '#emulator'
import { targets } from '#xproto'
import { readTextIfAny, replaceFile } from './files.ts'
import { projectModels } from './project-models.ts'
import type { World } from './world.ts'

/** An editor writes a file in several goes. */
const quietMs = 50

/** A file that follows from models, and what has to be in it. */
type TypesFile = { readonly file: string; readonly text: string }

/**
 * The types of the models of a folder, and where they belong. None when the models have mistakes, or are none.
 *
 * @throws Failure when the folder cannot be read.
 */
export const typesOf = async (folder: string): Promise<readonly TypesFile[]> => {
  const { schema, models } = await projectModels(folder)
  if (schema === undefined || models.length === 0) return []
  return (targets['types']?.generate(schema, models) ?? []).map(({ path: name, text }) => ({
    file: path.join(folder, name),
    text,
  }))
}

/**
 * Writes the types of the models of a folder beside them, where they are not what they should be. Models with mistakes
 * leave them as they are. Answers the files that were written.
 *
 * @throws Failure when the folder cannot be read or written.
 */
export const refreshTypes = async (folder: string): Promise<readonly string[]> => {
  const written: string[] = []
  for (const { file, text } of await typesOf(folder)) {
    if ((await readTextIfAny(file)) === text) continue
    await replaceFile(file, text)
    written.push(file)
  }
  return written
}

/** Keeps the types of the models of a folder in step with them, from now until stopped. Answers how to stop. */
export const keepTypes = async (
  folder: string,
  { watch, clock }: Pick<World, 'watch' | 'clock'>,
  log: Log,
): Promise<() => void> => {
  const refresh = async (): Promise<void> => {
    try {
      for (const file of await refreshTypes(folder)) log.info({ file }, 'Wrote types of the models')
    } catch (error) {
      log.warn({ err: error }, 'Cannot write types of the models')
    }
  }
  await refresh()
  let cancel = (): void => undefined
  const stop = watch(folder, (file) => {
    if (!file.endsWith('.xproto')) return
    cancel()
    cancel = clock.after(quietMs, () => void refresh())
  })
  return () => {
    cancel()
    stop()
  }
}
