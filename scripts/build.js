/**
 * Makes dist/ anew, or the folder that is given: the compiled code, and the files it reads, at the same paths as in the
 * source.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'

const root = join(import.meta.dirname, '..')
const dist = resolve(process.argv[2] ?? join(root, 'dist'))

const assets = [
  /^xproto\/models\/[^/]+\.xproto$/,
  /^functions\/[^/]+\/(config\.yaml|VERSION)$/,
  /^functions\/[^/]+\/models\/[^/]+\.xproto$/,
  /^functions\/[^/]+\/samples\/[^/]+$/,
]

const filesUnder = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))

const compile = () => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const words = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist]
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
  return status === 0
}

const copyAssets = () => {
  const paths = ['xproto', 'functions'].filter((folder) => existsSync(join(root, folder)))
  for (const path of paths.flatMap(filesUnder)) {
    if (assets.some((pattern) => pattern.test(path.replaceAll('\\', '/'))))
      cpSync(join(root, path), join(dist, path))
  }
}

rmSync(dist, { recursive: true, force: true })
if (compile()) copyAssets()
else process.exitCode = 1
