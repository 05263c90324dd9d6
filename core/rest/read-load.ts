import type { ModelFile } from '#contract'
import { CoreError } from '../errors.ts'
import type { Cleanup, LoadRequest, UnloadRequest } from '../store/services/request.ts'
import { jsonName, requireObject } from './read-body.ts'

const invalid = (name: string, expected: string): CoreError =>
  new CoreError('VALIDATION', `Expected ${name} to be ${expected}`, {
    [name]: `expected ${expected}`,
  })

type Members = (name: string) => unknown

/** The members of a body by wire name, which may be given in lowerCamelCase. Throws VALIDATION for any other name. */
const membersOf = (body: unknown, names: readonly string[]): Members => {
  const object = requireObject(body)
  const known = new Set(names.flatMap((name) => [name, jsonName(name)]))
  const unknown = Object.keys(object).find((name) => !known.has(name))
  if (unknown !== undefined) throw invalid(unknown.slice(0, 100), `one of ${names.join(', ')}`)
  return (name) => object[name] ?? object[jsonName(name)]
}

const textOf = (members: Members, name: string): string => {
  const value = members(name) ?? ''
  if (typeof value === 'string') return value
  throw invalid(name, 'text')
}

const fileOf = (value: unknown): ModelFile => {
  const members = membersOf(value, ['filename', 'contents'])
  return { filename: textOf(members, 'filename'), contents: textOf(members, 'contents') }
}

const filesOf = (members: Members, name: string): readonly ModelFile[] => {
  const value = members(name) ?? []
  if (Array.isArray(value)) return value.map(fileOf)
  throw invalid(name, 'a list of {"filename": "...", "contents": "..."}')
}

const cleanups: readonly Cleanup[] = ['REQUIRE_CLEAN', 'AUTOMATICALLY_CLEAN', 'PURGE']

/** By name or by number, as protobuf's JSON has it. */
const cleanupOf = (value: unknown): Cleanup => {
  const cleanup = cleanups.find((name, number) => value === name || value === number)
  if (cleanup !== undefined) return cleanup
  throw invalid('cleanup_behavior', `one of ${cleanups.join(', ')}`)
}

const loadNames = [
  'name',
  'version',
  'xprotos',
  'decls',
  'attics',
  'convenience_methods',
  'migrations',
  'core_version',
]

/** The models of a service in a body. Throws VALIDATION. */
export const readLoad = (body: unknown): LoadRequest => {
  const members = membersOf(body, loadNames)
  return {
    name: textOf(members, 'name'),
    version: textOf(members, 'version'),
    xprotos: filesOf(members, 'xprotos'),
    decls: filesOf(members, 'decls'),
    attics: filesOf(members, 'attics'),
    convenienceMethods: filesOf(members, 'convenience_methods'),
    migrations: filesOf(members, 'migrations'),
    coreVersion: textOf(members, 'core_version'),
  }
}

/** The service whose models are to go. Throws VALIDATION. */
export const readUnload = (body: unknown): UnloadRequest => {
  const members = membersOf(body, ['name', 'version', 'cleanup_behavior'])
  return {
    name: textOf(members, 'name'),
    version: textOf(members, 'version'),
    cleanup: cleanupOf(members('cleanup_behavior') ?? 0),
  }
}
