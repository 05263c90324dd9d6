import { dot } from './dot.ts'
import { jsonSchema } from './json-schema.ts'
import { mermaid } from './mermaid.ts'
import { modelDeps } from './model-deps.ts'
import { modeldefs } from './modeldefs.ts'
import { proto } from './proto3.ts'
import type { Target } from './target.ts'
import { tosca } from './tosca.ts'
import { types } from './typescript.ts'

/** What can be generated from models, by the name that `syncstep generate` takes. */
export const targets: Readonly<Record<string, Target>> = {
  dot,
  'json-schema': jsonSchema,
  mermaid,
  'model-deps': modelDeps,
  modeldefs,
  proto,
  tosca,
  types,
}
