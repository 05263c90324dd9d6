import type { Model, ScalarField, ScalarType } from '../schema.ts'
import { publishedFields } from './published-fields.ts'
import type { Target } from './target.ts'
import { writeYaml } from './write-yaml.ts'

type PropertyType = 'string' | 'boolean' | 'integer' | 'float'

const propertyTypes: Readonly<Record<ScalarType, PropertyType>> = {
  string: 'string',
  bool: 'boolean',
  int32: 'integer',
  uint32: 'integer',
  int64: 'integer',
  float: 'float',
  double: 'float',
}

/** Whether a recipe that makes a record must give the value: nothing else does. */
const isRequired = (field: ScalarField): boolean =>
  field.required &&
  field.role === 'declarative' &&
  field.default === undefined &&
  !field.setOnCreate

const property = (field: ScalarField) => ({
  type: propertyTypes[field.type],
  required: isRequired(field),
  description: field.help,
})

const mustExist = {
  type: 'boolean',
  default: false,
  description: 'The record is expected to be there already',
}

const capabilityOf = (model: string): string => `tosca.capabilities.xos.${model}`

const relationships = [
  ['manytoone', 'tosca.relationships.BelongsToOne'],
  ['manytomany', 'tosca.relationships.BelongsToMany'],
] as const

/** One type for all links of a kind that the model itself declares, with everything they may point at. */
const relationshipTypes = ({ name, fields }: Model) => {
  const links = fields.filter((field) => field.kind === 'link' && field.declaredIn === name)
  return relationships.flatMap(([kind, type]) => {
    const targets = links.flatMap((link) =>
      link.kind === 'link' && link.multiplicity === kind ? [capabilityOf(link.target)] : [],
    )
    if (targets.length === 0) return []
    const definition = {
      derived_from: 'tosca.relationships.Root',
      valid_target_types: [...new Set(targets)],
    }
    return [[type, definition] as const]
  })
}

const propertiesOf = (model: Model) =>
  publishedFields(model)
    .filter((field) => field.kind === 'scalar')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((field) => [field.name, property(field)] as const)

/** The custom type of a model, as recipes import it: `custom_types/site.yaml`. */
export const toscaTypeOf = (model: Model): string => {
  const { name, description } = model
  const nodeType = {
    derived_from: 'tosca.nodes.Root',
    description: description === '' ? `An XOS ${name}` : description,
    capabilities: { [name.toLowerCase()]: { type: capabilityOf(name) } },
    properties: Object.fromEntries<unknown>([['must-exist', mustExist], ...propertiesOf(model)]),
  }
  const capability = { derived_from: 'tosca.capabilities.Root', description: `An XOS ${name}` }
  return writeYaml({
    tosca_definitions_version: 'tosca_simple_yaml_1_0',
    node_types: Object.fromEntries<unknown>([
      [`tosca.nodes.${name}`, nodeType],
      ...relationshipTypes(model),
      [capabilityOf(name), capability],
    ]),
  })
}

/**
 * By model, the names that find a record: all plain names and one of each nested list must match. A model without
 * any cannot be made by a recipe.
 */
export const toscaKeysOf = (
  models: readonly Model[],
): Readonly<Record<string, Model['toscaKeys']>> =>
  Object.fromEntries(models.map(({ name, toscaKeys }) => [name, toscaKeys]))

export const tosca: Target = {
  summary: 'TOSCA: one custom type for each model, and the keys that find its records',
  generate: (_schema, models) => [
    ...models.map((model) => ({
      path: `custom_types/${model.name.toLowerCase()}.yaml`,
      text: toscaTypeOf(model),
    })),
    { path: 'tosca_keys.yaml', text: writeYaml(toscaKeysOf(models)) },
  ],
}
