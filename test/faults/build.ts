import { execFile } from 'node:child_process'
import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { root } from '../support/syncstep-command.ts'

export type Build = {
  /** Of a file of the source, as JavaScript. */
  readonly fileOf: (source: string) => string
  remove(): Promise<void>
}

/**
 * Compiles the command and these other files, unchecked. What is compiled starts ten times faster than the source, which
 * counts where a test starts it often. In the package, so that it finds its modules.
 */
export const build = async (others: readonly string[]): Promise<Build> => {
  await mkdir(path.join(root, '.syncstep'), { recursive: true })
  const folder = await mkdtemp(path.join(root, '.syncstep/build-'))
  const settings = {
    extends: path.join(root, 'tsconfig.build.json'),
    compilerOptions: {
      rootDir: root,
      outDir: 'dist',
      noCheck: true,
      declaration: false,
      sourceMap: false,
    },
    include: ['cli/main.ts', ...others].map((file) => path.join(root, file)),
    exclude: [],
  }
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  await promisify(execFile)(process.execPath, [tsc, '-p', folder])
  // It says that these are modules, and where the doors are.
  await copyFile(path.join(root, 'package.json'), path.join(folder, 'package.json'))
  const models = 'xproto/models'
  await cp(path.join(root, models), path.join(folder, 'dist', models), {
    recursive: true,
    filter: (source) => !source.endsWith('.ts'),
  })
  return {
    fileOf: (source) => path.join(folder, 'dist', source.replace(/\.ts$/, '.js')),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}
