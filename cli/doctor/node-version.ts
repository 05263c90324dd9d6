import semver from 'semver'
import { ok, wrong, type Finding } from './finding.ts'

const supported = '>=20.19'

/** @param version such as `20.19.0` */
export const checkNodeVersion = (version: string): Finding =>
  semver.satisfies(version, supported, { includePrerelease: true })
    ? ok(`Node.js is ${version}`)
    : wrong(`Node.js is ${version}, which is too old`, 'Install Node.js 20.19 or newer.')
