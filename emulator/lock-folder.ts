import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SetupError } from './setup-error.ts'

/** Says whether a process runs, and which one: a number that another process with the same id would not have. */
export type Processes = {
  readonly ownId: number
  /** Undefined when no process has this id; an empty text where start times are not known. */
  startOf(id: number): Promise<string | undefined>
}

type Holder = { readonly pid: number; readonly start: string }

const lockName = /^lock\.(\d{1,15})$/

const numbersIn = async (folder: string): Promise<readonly number[]> => {
  const numbers = (await readdir(folder)).map((name) => Number(lockName.exec(name)?.[1] ?? 0))
  return numbers.filter((number) => number > 0).sort((a, b) => a - b)
}

/** Undefined: the file is gone, was released, or is not one of ours. */
const holderOf = async (file: string): Promise<Holder | undefined> => {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Partial<Holder> | null
    const { pid, start } = value ?? {}
    return typeof pid === 'number' && typeof start === 'string' ? { pid, start } : undefined
  } catch {
    return undefined
  }
}

const isAlive = async ({ pid, start }: Holder, processes: Processes): Promise<boolean> => {
  const now = await processes.startOf(pid)
  return now !== undefined && (start === '' || now === start)
}

/** Links are made whole or not at all, and by one process only. */
const claim = async (file: string, holder: Holder): Promise<boolean> => {
  const draft = `${file}.${holder.pid}`
  await writeFile(draft, JSON.stringify(holder))
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * Takes a folder for this process alone, also after a holder was killed. Answers how to give it back.
 *
 * The file `lock.N` with the highest N names the holder. A new holder makes `lock.N+1` and only then removes the
 * lower ones; so a file is never replaced under a holder's feet, however many try at once.
 *
 * @throws SetupError when another process holds it.
 */
export const lockFolder = async (
  folder: string,
  processes: Processes,
): Promise<() => Promise<void>> => {
  await makeFolder(folder)
  const own: Holder = {
    pid: processes.ownId,
    start: (await processes.startOf(processes.ownId)) ?? '',
  }
  const fileOf = (number: number): string => path.join(folder, `lock.${number}`)

  for (;;) {
    const lower = await numbersIn(folder)
    const highest = lower.at(-1) ?? 0
    const holder = await holderOf(fileOf(highest))
    if (holder !== undefined && (await isAlive(holder, processes))) {
      throw new SetupError(
        `The data folder ${folder} is in use by process ${holder.pid}. ` +
          'Stop it, or choose another folder with --data.',
      )
    }
    const mine = highest + 1
    if (!(await claim(fileOf(mine), own))) continue
    if ((await numbersIn(folder)).at(-1) !== mine) {
      await rm(fileOf(mine), { force: true })
      continue
    }
    await Promise.all(lower.map((number) => rm(fileOf(number), { force: true })))

    return async () => {
      const released = `${fileOf(mine)}.released`
      await writeFile(released, '{}')
      await rename(released, fileOf(mine))
    }
  }
}

const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new SetupError(`Cannot make the data folder ${folder}: ${code}.`)
  }
}
