import { spawn } from 'node:child_process'
import process from 'node:process'

/** Runs npm in a folder, before the eyes of the user. Answers its exit status; -1 when it cannot be run. */
export type Npm = (words: readonly string[], folder: string) => Promise<number>

export const npm: Npm = (words, folder) =>
  new Promise((resolve) => {
    const child = spawn('npm', [...words], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    })
    child.once('error', () => resolve(-1))
    child.once('close', (code) => resolve(code ?? -1))
  })
