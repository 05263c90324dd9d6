import type { Model } from '../schema.ts'
import type { Target } from './target.ts'

/** The other model, the link that leads there, and the set that leads back: `+` when there is none. */
type Dependency = readonly [model: string, link: string, peer: string]

const dependenciesOf = ({ name, fields }: Model): readonly Dependency[] =>
  fields.flatMap((field): readonly Dependency[] =>
    field.kind === 'link' && field.target !== name
      ? [[field.target, field.name, field.peer ?? '+']]
      : [],
  )

/** By model, what it depends on through its own and inherited links. Models that depend on no other are left out. */
const modelDepsOf = (models: readonly Model[]): Readonly<Record<string, readonly Dependency[]>> =>
  Object.fromEntries(
    models
      .filter(({ abstract }) => !abstract)
      .map((model) => [model.name, dependenciesOf(model)] as const)
      .filter(([, dependencies]) => dependencies.length > 0),
  )

export const modelDeps: Target = {
  summary: 'JSON for synchronizers: which model depends on which, and through which link',
  generate: (_schema, models) => [
    { path: 'model-deps.json', text: `${JSON.stringify(modelDepsOf(models), null, 2)}\n` },
  ],
}
