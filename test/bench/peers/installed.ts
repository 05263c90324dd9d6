import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const folder = import.meta.dirname

const packageIn = (place: string): { version?: string; dependencies?: Record<string, string> } => {
  try {
    return JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as object
  } catch {
    return {}
  }
}

const wanted = Object.entries(packageIn(folder).dependencies ?? {})

const missing = (): readonly string[] =>
  wanted
    .filter(([name, version]) => packageIn(join(folder, 'node_modules', name)).version !== version)
    .map(([name]) => name)

const install = (): void => {
  console.log(`Installing the job queues beside which is measured: ${missing().join(', ')}`)
  const words = ['--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel=error']
  const { status, stderr, error } = spawnSync('npm', ['install', '--prefix', folder, ...words], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) console.log(error?.message ?? stderr)
}

/** Installs the packages of the folder beside this file, as far as they can be had. Answers those that cannot. */
export const installPeers = (): readonly string[] => {
  if (missing().length > 0) install()
  return missing()
}

/** A package of the folder beside this file. */
export const loadPeer = createRequire(join(folder, 'package.json'))

/** `pg-boss 10.4.2` */
export const titleOf = (name: string): string => `${name} ${new Map(wanted).get(name) ?? ''}`
