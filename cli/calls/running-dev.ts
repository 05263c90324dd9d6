import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isObject } from '../records-in.ts'
import type { World } from '../world.ts'

type RunningStep = {
  /** Where it is called. */
  readonly url: string
  /** What its configuration says; undefined: the function is asked. */
  readonly observes?: string | undefined
  readonly include?: readonly string[] | undefined
}

/** What a `syncstep dev` lets the other commands of its user know. */
export type RunningDev = {
  /** Absolute folder of the synchronizer. */
  readonly project: string
  /** `host:port` of its core, for gRPC. */
  readonly server: string
  /** By their names. */
  readonly steps: Readonly<Record<string, RunningStep>>
  /** What callers of the steps must show as bearer token. */
  readonly token: string
}

/** The start tells a process from another one that gets its id later. */
type Announcement = RunningDev & { readonly pid: number; readonly start: string }

const folderIn = (cwd: string): string => path.join(cwd, '.syncstep', 'dev')

/**
 * Lets others who start in the same folder find the steps, by a file that nobody but this user may read. Answers how to
 * take it back. A folder that cannot be written to is no reason not to run: then nobody finds them.
 */
export const announceDev = async (
  dev: RunningDev,
  { cwd, processes }: Pick<World, 'cwd' | 'processes'>,
): Promise<() => Promise<void>> => {
  const pid = processes.ownId
  const file = path.join(folderIn(cwd), `${pid}.json`)
  const announcement: Announcement = { ...dev, pid, start: (await processes.startOf(pid)) ?? '' }
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    await rm(file, { force: true })
    await writeFile(file, JSON.stringify(announcement), { mode: 0o600, flag: 'wx' })
  } catch {
    return () => Promise.resolve()
  }
  return () => rm(file, { force: true })
}

const isTextOrNothing = (value: unknown): boolean =>
  value === undefined || typeof value === 'string'

const isStep = (value: unknown): value is RunningStep =>
  isObject(value) &&
  typeof value['url'] === 'string' &&
  isTextOrNothing(value['observes']) &&
  (value['include'] === undefined || Array.isArray(value['include']))

const isAnnouncement = (value: unknown): value is Announcement =>
  isObject(value) &&
  typeof value['pid'] === 'number' &&
  ['start', 'project', 'server', 'token'].every((name) => typeof value[name] === 'string') &&
  isObject(value['steps']) &&
  Object.values(value['steps']).every(isStep)

const readAnnouncement = async (file: string): Promise<Announcement | undefined> => {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as unknown
    return isAnnouncement(value) ? value : undefined
  } catch {
    // Half written, or just taken back.
    return undefined
  }
}

const isRunning = async (
  { pid, start }: Announcement,
  processes: World['processes'],
): Promise<boolean> => {
  const now = await processes.startOf(pid)
  return now !== undefined && (start === '' || now === start)
}

/** Those that were started in the working folder and run. */
export const runningDevs = async ({
  cwd,
  processes,
}: Pick<World, 'cwd' | 'processes'>): Promise<readonly RunningDev[]> => {
  const folder = folderIn(cwd)
  const names = await readdir(folder).catch(() => [])
  const found: RunningDev[] = []
  for (const name of names.filter((each) => each.endsWith('.json')).sort()) {
    const announcement = await readAnnouncement(path.join(folder, name))
    if (announcement !== undefined && (await isRunning(announcement, processes))) {
      found.push(announcement)
    }
  }
  return found
}
