import type { StepKind } from '#contract'
import type { Model, Schema } from '#xproto'
import type { PolicyContext } from './access-store.ts'
import { linkOf } from './expand.ts'
import { knownSteps } from './known-steps.ts'
import { serviceOf } from './services/compile-services.ts'

/** A step that reads and writes records, `SYNCHRONIZER/STEP`. */
export type ScopedStep = { readonly step: string; readonly kind: StepKind }

/** Names of models, as which the records are asked for. */
export type Scope = {
  readonly read: ReadonlySet<string>
  /** Leaf models whose records the step writes; of a sync step, their feedback. */
  readonly write: ReadonlySet<string>
}

/** Who may do what, and backups of everything: no affair of steps, whatever they declare. */
const withheld: ReadonlySet<string> = new Set([
  'User',
  'Privilege',
  'BackupFile',
  'BackupOperation',
])

const namesOf = (models: readonly Model[]): readonly string[] => models.map(({ name }) => name)

/** The models along a declared path, as what their records travel: the leaves below them as well. */
const modelsAlong = (schema: Schema, model: Model, path: string): readonly Model[] => {
  let reached: readonly Model[] = [model]
  const all: Model[] = []
  for (const name of path.split('.')) {
    reached = reached.flatMap((from) => {
      const link = linkOf(from, name)
      return link === undefined ? [] : schema.descendants(link.model)
    })
    all.push(...reached)
  }
  return all
}

type Declared = {
  /** A token may outlive its step. */
  readonly isThere: boolean
  readonly observed: readonly Model[]
  readonly included: readonly Model[]
}

/** What the steps of that name and kind observe, and what travels with its records. */
const declaredBy = async (
  { sql, schema }: PolicyContext,
  { step, kind }: ScopedStep,
): Promise<Declared> => {
  const rows = await sql.query<{ about: string; include: readonly string[] }>(
    `select about, include from ${knownSteps} k
     where synchronizer || '/' || step = $1 and kind = $2`,
    [step, kind],
  )
  const known = rows.flatMap(({ about, include }) => {
    const model = schema.model(about)
    return model === undefined ? [] : [{ model, include }]
  })
  return {
    isThere: rows.length > 0,
    observed: known.map(({ model }) => model),
    included: known.flatMap(({ model, include }) =>
      include.flatMap((path) => modelsAlong(schema, model, path)),
    ),
  }
}

/** Both ends of links, as the model that each is declared to lead to. */
const neighboursOf = ({ fields, reverseLinks }: Model): readonly string[] => [
  ...fields.flatMap((field) => (field.kind === 'link' ? [field.target] : [])),
  ...reverseLinks.map(({ source }) => source),
]

/** The models of its synchronizer, and those that it requires, with what derives from these. */
const ownModels = async (
  { sql, schema }: PolicyContext,
  { step }: ScopedStep,
): Promise<readonly Model[]> => {
  const synchronizer = step.slice(0, step.indexOf('/'))
  const required = await sql.query<{ model: string }>(
    `select model from required_model where synchronizer = $1`,
    [synchronizer],
  )
  return [
    ...schema.models.filter(({ span }) => serviceOf(span.file) === synchronizer),
    ...required.flatMap(({ model }) => schema.descendants(model)),
  ]
}

/** Reads what it is sent, and writes feedback of what it observes. */
const scopeOfSync = ({ observed, included }: Declared): Scope => ({
  read: new Set(namesOf([...observed, ...included])),
  write: new Set(namesOf(observed)),
})

/** Writes what is its synchronizer's, what that requires, and what it observes; reads what these link to as well. */
const scopeOfWriter = ({ observed, included }: Declared, own: readonly Model[]): Scope => {
  const written = [...own, ...observed].filter(({ root }) => !withheld.has(root))
  const neighbours = written.flatMap(neighboursOf).filter((name) => !withheld.has(name))
  return {
    read: new Set([...namesOf([...written, ...included]), ...neighbours]),
    write: new Set(namesOf(written)),
  }
}

/** Which models a step reads and writes. */
export const loadScope = async (context: PolicyContext, step: ScopedStep): Promise<Scope> => {
  const declared = await declaredBy(context, step)
  if (step.kind === 'sync' || !declared.isThere) return scopeOfSync(declared)
  return scopeOfWriter(declared, await ownModels(context, step))
}
