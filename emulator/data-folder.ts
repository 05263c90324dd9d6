import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { lockFolder, type Processes } from './lock-folder.ts'
import { SetupError } from './setup-error.ts'

export type DataFolder<Database> = {
  readonly database: Database
  /** To be called when the database is closed: another process may have the folder then. */
  release(): Promise<void>
}

const exists = async (file: string): Promise<boolean> => {
  const handle = await open(file, 'r').catch(() => undefined)
  await handle?.close()
  return handle !== undefined
}

/** On disk when it resolves, its entry in the folder included. */
const writeMark = async (folder: string, file: string): Promise<void> => {
  for (const [name, flags] of [
    [file, 'w'],
    [folder, 'r'],
  ] as const) {
    const handle = await open(name, flags)
    await handle.sync().finally(() => handle.close())
  }
}

/**
 * Takes a folder for this process and opens the database in it, which is made when there is none.
 *
 * A process may be killed while it makes the database. So the file `whole` is written once it is made, and before
 * anything is kept in it; without that file, what is there is half-made and is made anew.
 *
 * @throws SetupError when another process has the folder, or the database does not open.
 */
export const openDataFolder = async <Database>(
  folder: string,
  processes: Processes,
  openDatabase: (directory: string) => Promise<Database>,
): Promise<DataFolder<Database>> => {
  const release = await lockFolder(folder, processes)
  const directory = path.join(folder, 'postgres')
  const mark = path.join(folder, 'whole')
  try {
    if (!(await exists(mark))) await rm(directory, { recursive: true, force: true })
    const database = await openDatabase(directory)
    await writeMark(folder, mark)
    return { database, release }
  } catch (error) {
    await release()
    const reason = error instanceof Error ? error.message : String(error)
    throw new SetupError(
      `Cannot open the data folder ${folder}: ${reason}. ` +
        'Choose another with --data, or remove it to start anew.',
    )
  }
}
