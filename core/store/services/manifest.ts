import { createHash } from 'node:crypto'
import type { ModelFile } from '#contract'
import type { Mode, Source } from '#xproto'
import type { Sql } from '../database.ts'

/** The files of a service that are no models, by kind. */
export type OtherFiles = {
  readonly decls: readonly ModelFile[]
  readonly attics: readonly ModelFile[]
  readonly convenienceMethods: readonly ModelFile[]
  readonly migrations: readonly ModelFile[]
}

export const noOtherFiles: OtherFiles = {
  decls: [],
  attics: [],
  convenienceMethods: [],
  migrations: [],
}

/** A service as it is kept, whether it came over LoadModels or with a dispatcher. */
export type Manifest = {
  readonly name: string
  readonly version: string
  /** Unloaded services have no files. */
  readonly state: 'load' | 'unload'
  readonly mode: Mode
  readonly hash: string
  readonly models: readonly ModelFile[]
  readonly files: OtherFiles
}

/** Texts of a service for the compiler: `hello-world/hello-world.xproto`. */
export const sourcesOf = ({ name, models }: Pick<Manifest, 'name' | 'models'>): Source[] =>
  models.map(({ filename, contents }) => ({ file: `${name}/${filename}`, text: contents }))

/** SHA-1 as XOS takes it (reference core-api.md 3.2): the decls count twice, other Python files not at all. */
export const hashOf = (
  name: string,
  version: string,
  models: readonly ModelFile[] = [],
  decls: readonly ModelFile[] = [],
): string => {
  const hash = createHash('sha1').update(name).update(version)
  for (const { filename, contents } of [...models, ...decls, ...decls]) {
    hash.update(filename).update(contents)
  }
  return hash.digest('hex')
}

/** In the order in which they are compiled, which is the same on every server. */
export const readManifests = (sql: Sql): Promise<Manifest[]> =>
  sql.query<Manifest>(
    `select name, version, state, mode, hash, models, files from service order by name collate "C"`,
  )

export const writeManifest = async (sql: Sql, manifest: Manifest): Promise<void> => {
  const { name, version, state, mode, hash, models, files } = manifest
  await sql.query(
    `insert into service (name, version, state, mode, hash, models, files)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb)
     on conflict (name) do update
     set version = excluded.version, state = excluded.state, mode = excluded.mode, hash = excluded.hash,
         models = excluded.models, files = excluded.files`,
    [name, version, state, mode, hash, JSON.stringify(models), JSON.stringify(files)],
  )
}
