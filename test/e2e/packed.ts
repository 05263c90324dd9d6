import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { root } from '../support/syncstep-command.ts'

const execute = promisify(execFile)

/** Nothing of the npm that runs the tests. */
const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] }

type Said = { readonly status: number; readonly text: string }

/** A folder far from the repository, in which the package is installed as npm does it from its archive. */
export type Installed = {
  readonly folder: string
  /** Runs a program in a folder below it, to its end. */
  run(words: readonly string[], at?: string): Promise<Said>
  /** Starts one that goes on, as the first of a group of processes. */
  start(
    words: readonly string[],
    at: string,
    variables: Readonly<Record<string, string>>,
  ): ChildProcess
  remove(): Promise<void>
}

/** The archive of `npm pack`, of what `npm run build` makes. */
const pack = async (folder: string): Promise<string> => {
  const place = path.join(folder, 'source')
  await mkdir(place)
  await execute(process.execPath, [path.join(root, 'scripts/build.js'), path.join(place, 'dist')])
  for (const file of ['package.json', 'README.md', 'LICENSE']) {
    await copyFile(path.join(root, file), path.join(place, file))
  }
  const { stdout } = await execute('npm', ['pack', '--silent'], { cwd: place, env: environment })
  return path.join(place, stdout.trim())
}

/** Links to what is installed here for the tests, so that no registry is asked. */
const linkAll = async (from: string, to: string): Promise<void> => {
  await mkdir(to)
  const names = (await readdir(from)).filter((name) => !name.startsWith('.'))
  await Promise.all(names.map((name) => symlink(path.join(from, name), path.join(to, name))))
}

const install = async (archive: string, folder: string): Promise<void> => {
  const modules = path.join(folder, 'node_modules')
  const others = path.join(root, 'node_modules')
  await linkAll(others, modules)
  await linkAll(path.join(others, '.bin'), path.join(modules, '.bin'))
  await execute('tar', ['-xzf', archive, '-C', folder])
  await rename(path.join(folder, 'package'), path.join(modules, 'syncstep'))
  await symlink('../syncstep/dist/cli/main.js', path.join(modules, '.bin/syncstep'))
  await chmod(path.join(modules, '.bin/syncstep'), 0o755)
}

/** Builds the package, packs it, and installs the archive. */
export const installPacked = async (): Promise<Installed> => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'syncstep-packed-'))
  await install(await pack(folder), folder)
  return {
    folder,
    async run([program = '', ...words], at = '.') {
      const options = { cwd: path.join(folder, at), env: environment }
      const { code, stdout, stderr } = await execute(program, words, options).then(
        (output) => ({ ...output, code: 0 }),
        (error: unknown) =>
          error as { readonly code: number; readonly stdout: string; readonly stderr: string },
      )
      return { status: code, text: stdout + stderr }
    },
    start: ([program = '', ...words], at, variables) =>
      spawn(program, words, {
        cwd: path.join(folder, at),
        env: { ...environment, ...variables },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      }),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}
