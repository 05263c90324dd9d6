import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { eachLine } from '../../../emulator/lines.ts'
import { until } from '../../support/until.ts'
import { clientsFolder, spawnPython } from './client.ts'
import type { InteropCore } from './cores.ts'

type Entry = Readonly<Record<string, unknown>> & { readonly event?: string }

export type Synchronizer = {
  /** What it logged so far. */
  readonly entries: readonly Entry[]
  /** How many entries have this text as their event. */
  count(event: string): number
  /** Resolves with an entry that matches, after the first `from` of them. */
  logged(event: string, from?: number): Promise<Entry>
  readonly exit: Promise<number | string>
  close(): Promise<void>
}

export type SynchronizerOptions = {
  /** Changes of its config.yaml: what is written, by what it stands for. */
  readonly config?: Readonly<Record<string, string>>
}

const entryOf = (line: string): Entry => {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return { event: line }
  }
}

/** A copy of the fixture, with the address of the core mounted beside its config as in Kubernetes. */
const copied = async (core: InteropCore, { config = {} }: SynchronizerOptions): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncstep-synchronizer-'))
  await cp(path.join(clientsFolder, 'synchronizer'), folder, { recursive: true })
  await writeFile(
    path.join(folder, 'mounted_config.yaml'),
    `accessor: { endpoint: '${core.secure}' }\n`,
  )
  const file = path.join(folder, 'config.yaml')
  let text = await readFile(file, 'utf8')
  for (const [before, after] of Object.entries(config)) text = text.replace(before, after)
  await writeFile(file, text)
  return folder
}

/** Starts the fixture's synchronizer on the real framework. */
export const startSynchronizer = async (
  python: string,
  core: InteropCore,
  options: SynchronizerOptions = {},
): Promise<Synchronizer> => {
  const folder = await copied(core, options)
  const child = spawnPython(python, ['main.py'], { trusted: await core.trusted(), cwd: folder })
  const entries: Entry[] = []
  eachLine(child.stderr, (line) => entries.push(entryOf(line)))
  eachLine(child.stdout, (line) => entries.push(entryOf(line)))
  const exit = once(child, 'close').then(
    ([code, signal]: (number | string | null)[]) => signal ?? code ?? -1,
  )
  const tail = (): string =>
    entries
      .slice(-30)
      .map((entry) => JSON.stringify(entry))
      .join('\n')
  return {
    entries,
    exit,
    count: (event) => entries.filter((entry) => entry.event === event).length,
    logged: (event, from = 0) =>
      until(
        `"${event}" of the synchronizer`,
        () => entries.slice(from).find((entry) => entry.event === event),
        180_000,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${tail()}`)
      }),
    async close() {
      child.kill('SIGKILL')
      await exit
      await rm(folder, { recursive: true, force: true })
    },
  }
}
