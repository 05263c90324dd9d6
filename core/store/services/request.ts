import type { ModelFile } from '#contract'

/** What a service brings over LoadModels (reference core-api.md 3.1). Python files are kept and handed out, never run. */
export type LoadRequest = {
  readonly name: string
  readonly version: string
  readonly xprotos: readonly ModelFile[]
  readonly decls: readonly ModelFile[]
  readonly attics: readonly ModelFile[]
  readonly convenienceMethods: readonly ModelFile[]
  readonly migrations: readonly ModelFile[]
  /** Which cores it can work with: `>=3.0.0`, or `>=3.0.0~<5.0.0`. Empty: `>=2.2.1`. */
  readonly coreVersion: string
}

/** What happens to records of the models: they stand in the way, are deleted with their steps, or are gone at once. */
export type Cleanup = 'REQUIRE_CLEAN' | 'AUTOMATICALLY_CLEAN' | 'PURGE'

export type UnloadRequest = {
  readonly name: string
  readonly version: string
  readonly cleanup: Cleanup
}

/** How a load or an unload ended. What failed is thrown. */
export type LoadStatus =
  | 'SUCCESS'
  | 'SUCCESS_NOTHING_CHANGED'
  /** There are live records of the models, or only those that are protected from being deleted. */
  | 'ERROR_LIVE_MODELS'
  /** There are records of the models whose delete step has not succeeded yet. */
  | 'ERROR_DELETION_IN_PROGRESS'
  /** Records of the models are being deleted: ask again later. */
  | 'TRYAGAIN'

/** A service that was ever loaded. */
export type ServiceStatus = {
  readonly name: string
  readonly version: string
  readonly state: 'present' | 'unload'
}
