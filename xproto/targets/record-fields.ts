import type { Field, Model, Schema } from '../schema.ts'
import { publishedFields } from './published-fields.ts'

/** Never leaves the core, not even as a hash. */
const isSecret = ({ name }: Field): boolean => name === 'password'

/** The fields a reader of a record gets to see. */
export const recordFields = (model: Model): readonly Field[] =>
  publishedFields(model).filter((field) => !isSecret(field))

/** What follows from the answer of a step itself. */
const derived: ReadonlySet<string> = new Set([
  'backend_register',
  'backend_status',
  'backend_code',
  'policy_status',
  'policy_code',
])

/** The fields a step may write on its record. */
export const feedbackFields = (model: Model): readonly Field[] =>
  recordFields(model).filter(({ name, role }) => role === 'feedback' && !derived.has(name))

/** Modelled ancestors that the model names itself, or might as well: those no other ancestor brings along. */
export const basesOf = (schema: Schema, { ancestry }: Model): readonly Model[] => {
  const ancestors = ancestry.slice(1).flatMap((name) => schema.model(name) ?? [])
  return ancestors.filter(
    (base) => !ancestors.some((other) => other !== base && other.ancestry.includes(base.name)),
  )
}

/** The names of all models whose records a link to that model may lead to. */
export const leavesOf = (schema: Schema, name: string): readonly string[] =>
  schema.descendants(name).flatMap((model) => (model.abstract ? [] : [model.name]))
