import { execFile } from 'node:child_process'
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { root } from '../../support/syncstep-command.ts'
import { unsharing } from './client.ts'
import { goModule, goVersion, pythonFirst, pythonPackages, virtualenv } from './packages.ts'

/** Where a client is, or the sentence that says why it is not. */
export type Installed = { readonly program: string } | { readonly reason: string }

const cache = path.join(root, 'node_modules/.cache/syncstep-interop')
const deadlineMs = 600_000

type Options = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> }

const run = async (
  program: string,
  words: readonly string[],
  { cwd, env = {} }: Options = {},
): Promise<string> => {
  const { stdout } = await promisify(execFile)(program, words, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    timeout: deadlineMs,
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-5).join(' | ')

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const { stderr } = error as Error & { readonly stderr?: string }
  return stderr === undefined || stderr === '' ? error.message : lastLines(stderr)
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

/**
 * What the folder holds when it was filled to the end for this key; else it is filled anew. A killed installation
 * leaves no mark, so nobody uses half of it.
 */
const once = async (
  name: string,
  key: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> => {
  const folder = path.join(cache, name)
  const mark = path.join(folder, 'whole')
  if ((await exists(mark)) && (await readFile(mark, 'utf8')) === key) return folder
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await fill(folder)
  await writeFile(mark, key)
  return folder
}

const fromPyenv = async (): Promise<readonly string[]> => {
  const versions = path.join(
    process.env['PYENV_ROOT'] ?? path.join(homedir(), '.pyenv'),
    'versions',
  )
  const names = await readdir(versions).catch(() => [])
  return names
    .filter((name) => name.startsWith('2.7'))
    .map((name) => path.join(versions, name, 'bin/python2.7'))
}

/** The clients make their credentials in a way that Python 3 refuses, so that only 2.7 can run them. */
const findPython = async (): Promise<string | undefined> => {
  for (const candidate of ['python2.7', ...(await fromPyenv())]) {
    const works = await run(candidate, [
      '-c',
      'import ssl, sys; assert sys.version_info[:2] == (2, 7)',
    ])
      .then(() => run(candidate, ['-m', 'pip', '--version']))
      .catch(() => undefined)
    if (works !== undefined) return candidate
  }
  return undefined
}

/** The environment's `python`, with the real client and the real framework of synchronizers. */
export const installPython = async (): Promise<Installed> => {
  const python = await findPython()
  if (python === undefined) {
    return { reason: 'there is no Python 2.7 with pip, neither as python2.7 nor in pyenv' }
  }
  const mayUnshare = await run('unshare', [...unsharing, 'mount -t tmpfs tmpfs /run']).catch(
    reasonOf,
  )
  if (mayUnshare !== '') return { reason: `they need files at fixed places: ${mayUnshare}` }
  try {
    const key = [python, virtualenv, ...pythonFirst, ...pythonPackages].join(' ')
    const folder = await once('python', key, async (into) => {
      const maker = path.join(into, 'virtualenv')
      await run(python, ['-m', 'pip', 'install', '--quiet', '--target', maker, virtualenv])
      const made = path.join(into, 'environment')
      await run(python, ['-m', 'virtualenv', made], { env: { PYTHONPATH: maker } })
      const pip = path.join(made, 'bin/pip')
      await run(pip, ['install', '--quiet', ...pythonFirst])
      await run(pip, ['install', '--quiet', '--no-build-isolation', ...pythonPackages])
    })
    return { program: path.join(folder, 'environment/bin/python') }
  } catch (error) {
    return { reason: `its packages cannot be installed: ${reasonOf(error)}` }
  }
}

const goFiles = {
  'go.mod': `module interop\n\ngo 1.20\n\nrequire ${goModule} ${goVersion}\n`,
  'main.go': `//go:build clients\n\npackage interop\n\nimport _ "${goModule}/cmd/cordctl"\n`,
}

/** The program `cordctl`, built from its module. */
export const installCordctl = async (): Promise<Installed> => {
  const version = await run('go', ['version']).catch(() => undefined)
  if (version === undefined) return { reason: 'there is no Go' }
  try {
    const folder = await once('cordctl', `${version}${goVersion}`, async (into) => {
      for (const [name, text] of Object.entries(goFiles)) {
        await writeFile(path.join(into, name), text)
      }
      // The checksum database does not know this module; the others are checked as ever.
      const there = { cwd: into, env: { GONOSUMDB: goModule, GOFLAGS: '' } }
      await run('go', ['mod', 'tidy'], there)
      await run('go', ['build', '-o', 'cordctl', `${goModule}/cmd/cordctl`], there)
    })
    return { program: path.join(folder, 'cordctl') }
  } catch (error) {
    return { reason: `it cannot be built: ${reasonOf(error)}` }
  }
}
