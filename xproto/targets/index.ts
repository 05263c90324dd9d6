import { dot } from './dot.ts'
import { html } from './html.ts'
import { jsonSchema } from './json-schema.ts'
import { markdown } from './markdown.ts'
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
  html,
  'json-schema': jsonSchema,
  markdown,
  mermaid,
  'model-deps': modelDeps,
  modeldefs,
  proto,
  tosca,
  types,
}
