import { isDeepStrictEqual } from 'node:util'
import type { Schema } from '#xproto'
import { wakeDispatchers } from '../wake.ts'
import { checkCoreVersion, checkFiles } from './check-request.ts'
import { hashOf, readManifests, writeManifest, type Manifest } from './manifest.ts'
import { replaceModels, type ModelsContext } from './replace-models.ts'
import type { LoadRequest, LoadStatus } from './request.ts'

/** Whether the service is loaded as it is: what strict accepts, compat accepts as well. */
const isLoaded = (manifests: readonly Manifest[], wanted: Manifest): boolean =>
  manifests.some(
    ({ name, state, hash, mode }) =>
      name === wanted.name &&
      state === 'load' &&
      hash === wanted.hash &&
      (mode === 'strict' || mode === wanted.mode),
  )

/** Only the version is another one. */
const bringsTheSame = (known: Manifest, wanted: Manifest): boolean =>
  isDeepStrictEqual(
    [known.name, known.mode, known.models, known.files],
    [wanted.name, wanted.mode, wanted.models, wanted.files],
  )

/** Throws VALIDATION for a request that no core, or not this core, can take. */
export const manifestOf = (request: LoadRequest): Manifest => {
  const { name, version, xprotos, decls, attics, convenienceMethods, migrations } = request
  checkFiles(name, version, [...xprotos, ...decls, ...attics, ...convenienceMethods, ...migrations])
  checkCoreVersion(name, version, request.coreVersion)
  return {
    name,
    version,
    state: 'load',
    mode: 'compat',
    hash: hashOf(name, version, xprotos, decls),
    models: xprotos,
    files: { decls, attics, convenienceMethods, migrations },
  }
}

export type Loaded = {
  readonly status: LoadStatus
  /** The new schema; absent when models and files are those of before. */
  readonly schema?: Schema
}

/**
 * Loads a service over what it was before. The same again changes nothing: as XOS sees it, Python files other than
 * decls do not count.
 *
 * @param bringsSteps a synchronizer whose steps are replaced next
 */
export const load = async (
  context: ModelsContext,
  manifest: Manifest,
  bringsSteps?: string,
): Promise<Loaded> => {
  const manifests = await readManifests(context.sql)
  if (isLoaded(manifests, manifest)) return { status: 'SUCCESS_NOTHING_CHANGED' }
  if (manifests.some((known) => bringsTheSame(known, manifest))) {
    await writeManifest(context.sql, manifest)
    return { status: 'SUCCESS' }
  }
  const schema = await replaceModels(context, manifest, bringsSteps)
  await wakeDispatchers(context.sql)
  return { status: 'SUCCESS', schema }
}
