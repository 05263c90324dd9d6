import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

export const root = join(import.meta.dirname, '..', '..')

export const readText = (path: string): string => readFileSync(join(root, path), 'utf8')

/** A Kubernetes object, read without trust: what is in it is checked by its schema. */
export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec?: unknown
  readonly data?: Readonly<Record<string, string>>
}

const documentsIn = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest)

/** Not a dependency: whoever deploys has it, others do without. */
const renderer = 'kubectl'

const kustomize = (folder: string): string | undefined => {
  const { status, stdout, stderr, error } = spawnSync(renderer, ['kustomize', folder], {
    cwd: root,
    encoding: 'utf8',
  })
  if (error !== undefined) return undefined
  if (status !== 0) throw new Error(`kubectl kustomize ${folder} failed:\n${stderr}`)
  return stdout
}

type Kustomization = {
  readonly namespace: string
  readonly resources: readonly string[]
  readonly configMapGenerator: readonly {
    readonly name: string
    readonly literals?: readonly string[]
    readonly files?: readonly string[]
  }[]
}

const keyAndValue = (text: string): readonly [string, string] => {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** The base as kustomize would render it, but for labels and generated names. */
const baseByHand = (): Manifest[] => {
  const folder = 'manifests/base'
  const file = (path: string): string => readText(join(folder, path))
  const { namespace, resources, configMapGenerator } = parse(
    file('kustomization.yaml'),
  ) as Kustomization
  const configMaps = configMapGenerator.map(({ name, literals = [], files = [] }): Manifest => {
    const read = files.map(keyAndValue).map(([key, path]) => [key, file(path)] as const)
    const data = Object.fromEntries([...literals.map(keyAndValue), ...read])
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
  })
  return [...resources.flatMap((path) => documentsIn(file(path))), ...configMaps].map((manifest) =>
    manifest.kind === 'Namespace'
      ? manifest
      : { ...manifest, metadata: { ...manifest.metadata, namespace } },
  )
}

export type Rendering = {
  readonly name: string
  readonly manifests: readonly Manifest[]
  /** Secrets that are made outside, with their keys. */
  readonly externalSecrets: ReadonlyMap<string, readonly string[]>
}

const syncstepSecrets = new Map([['syncstep-secrets', ['admin-password', 'function-token']]])

const folders = [
  { name: 'base', externalSecrets: syncstepSecrets },
  { name: 'overlays/minikube', externalSecrets: new Map<string, readonly string[]>() },
  { name: 'overlays/production', externalSecrets: syncstepSecrets },
]

/** Base and overlays by kubectl; where there is none, the base alone, put together here. */
export const renderAll = (): readonly Rendering[] => {
  const rendered = folders.map((folder) => ({
    ...folder,
    text: kustomize(join('manifests', folder.name)),
  }))
  const all = rendered.flatMap(({ text, ...rest }) =>
    text === undefined ? [] : [{ ...rest, manifests: documentsIn(text) }],
  )
  if (all.length > 0) return all
  console.warn('kubectl is not on the PATH: only manifests/base is checked, not the overlays.')
  return [{ name: 'base', externalSecrets: syncstepSecrets, manifests: baseByHand() }]
}
