import { proto } from './proto3.ts'
import type { Target } from './target.ts'

/** What can be generated from models, by the name that `syncstep generate` takes. */
export const targets: Readonly<Record<string, Target>> = {
  proto,
}
