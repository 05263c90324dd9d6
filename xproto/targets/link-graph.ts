import type { LinkField, Model, Schema } from '../schema.ts'
import { basesOf } from './record-fields.ts'

/** How many records there are at one end of a link. */
type Count = '1' | '0..1' | '*'

export type LinkEdge = {
  readonly from: string
  readonly to: string
  /** `owner / service_instances`: the link, and the reverse set if there is one. */
  readonly label: string
  readonly fromCount: Count
  readonly toCount: Count
}

/** Models and what is between them: what a picture of them shows. */
export type LinkGraph = {
  /** The models asked for, without XOSBase. */
  readonly models: readonly Model[]
  /** Names of models that those derive from, link to or are linked from. */
  readonly neighbours: readonly string[]
  readonly derivations: readonly { readonly from: string; readonly to: string }[]
  readonly links: readonly LinkEdge[]
}

/** Everything derives from it, so that it would hide all the rest. */
const commonBase = 'XOSBase'

const edgeOf = (
  from: string,
  { name, peer, multiplicity, target, nullable }: LinkField,
): LinkEdge => {
  const many = multiplicity === 'manytomany'
  return {
    from,
    to: target,
    label: peer === undefined ? name : `${name} / ${peer}`,
    fromCount: multiplicity === 'onetoone' ? '0..1' : '*',
    toCount: many ? '*' : nullable ? '0..1' : '1',
  }
}

const ownLinks = ({ name, fields }: Model): readonly LinkField[] =>
  fields.filter((field) => field.kind === 'link').filter(({ declaredIn }) => declaredIn === name)

export const linkGraph = (schema: Schema, asked: readonly Model[]): LinkGraph => {
  const models = asked.filter(({ name }) => name !== commonBase)
  const names = new Set(models.map(({ name }) => name))

  const derivations = models.flatMap((model) =>
    basesOf(schema, model)
      .filter(({ name }) => name !== commonBase)
      .map((base) => ({ from: model.name, to: base.name })),
  )
  const links = schema.models.flatMap((model) =>
    ownLinks(model)
      .filter(({ target }) => names.has(model.name) || names.has(target))
      .map((link) => edgeOf(model.name, link)),
  )
  const ends = [...derivations, ...links].flatMap(({ from, to }) => [from, to])
  const neighbours = schema.models.map(({ name }) => name).filter((name) => !names.has(name))
  const touched = new Set(ends)
  return { models, neighbours: neighbours.filter((name) => touched.has(name)), derivations, links }
}
