import type { TestProject } from 'vitest/node'
import { installCordctl, installPython, type Installed } from './install.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    python: Installed
    cordctl: Installed
  }
}

const tell = (what: string, installed: Installed): void => {
  if ('reason' in installed) {
    console.warn(`The tests with ${what} are skipped: ${installed.reason}`)
  }
}

/** Brings the clients once for all files of the run. */
export default async (project: TestProject): Promise<void> => {
  const [python, cordctl] = await Promise.all([installPython(), installCordctl()])
  tell('xosapi and xossynchronizer', python)
  tell('cordctl', cordctl)
  project.provide('python', python)
  project.provide('cordctl', cordctl)
}
