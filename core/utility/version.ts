import { arch, type } from 'node:os'

/** The version of the XOS core whose interfaces this core speaks. Clients and services ask for it, as `>=3.0.0` or so. */
export const xosVersion = '4.0.4'

/** What runs here, in the words of XOS. There is neither Python nor Django: the fields exist for its clients. */
export type VersionInfo = {
  readonly version: string
  readonly pythonVersion: string
  readonly gitCommit: string
  readonly buildTime: string
  readonly os: string
  readonly arch: string
  readonly djangoVersion: string
}

/** What the kernel calls the machine, as `uname -m` does. */
const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

export const versionInfo = (): VersionInfo => ({
  version: xosVersion,
  pythonVersion: `none, but Node.js ${process.versions.node}`,
  gitCommit: 'unknown',
  buildTime: 'unknown',
  os: type().toLowerCase(),
  arch: machines[arch()] ?? arch(),
  djangoVersion: 'none',
})
