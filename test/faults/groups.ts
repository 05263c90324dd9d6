import type { CoreProcess } from '../support/core-process.ts'

/** How many attributes the recipe of a group gives its service. */
const size = 3

/**
 * A service with its attributes, which a recipe makes in one go and a delete takes away in one go. Its life is a line
 * of steps: gone, made, edited some times, gone again.
 */
export type Group = {
  readonly name: string
  /** The last step that the core acknowledged, and the one that was sent after it, if any. */
  acknowledged: Step
  sent: Step
}

/** How often the service was edited since it was made, or `gone`. */
export type Step = number
export const gone: Step = -1

export const recipeOf = (name: string): string => `
tosca_definitions_version: tosca_simple_yaml_1_0
topology_template:
  node_templates:
    service:
      type: tosca.nodes.Service
      properties: { name: ${name}, description: '0' }
${Array.from(
  { length: size },
  (_, n) => `    attribute_${n}:
      type: tosca.nodes.ServiceAttribute
      properties: { name: ${name}-${n}, value: x }
      requirements: [{ service: { node: service, relationship: tosca.relationships.BelongsToOne } }]`,
).join('\n')}
`

export type Seen = {
  readonly services: readonly Readonly<Record<string, unknown>>[]
  readonly attributes: readonly Readonly<Record<string, unknown>>[]
}

const items = async (core: CoreProcess, path: string): Promise<Seen['services']> => {
  const { status, body } = await core.rest('GET', path)
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`)
  return body['items'] as Seen['services']
}

/** What the core holds, soft-deleted records excepted. */
export const see = async (core: CoreProcess): Promise<Seen> => ({
  services: await items(core, 'core/services'),
  attributes: await items(core, 'core/serviceattributes'),
})

/** The step at which the group is in what was seen; a sentence when only a part of it is there. */
const stepOf = ({ name }: Group, { services, attributes }: Seen): Step | string => {
  const found = services.filter((service) => service['name'] === name)
  const parts = attributes.filter(({ name: part }) => String(part).startsWith(`${name}-`))
  if (found.length === 0 && parts.length === 0) return gone
  if (found.length === 1 && parts.length === size) return Number(found[0]?.['description'])
  return `${found.length} services with ${parts.length} attributes`
}

/** What is wrong with the groups, in words; nothing when each is where its last acknowledged or sent step left it. */
export const wrongIn = (groups: readonly Group[], seen: Seen): readonly string[] =>
  groups.flatMap((group) => {
    const step = stepOf(group, seen)
    if (step === group.acknowledged || step === group.sent) return []
    return [`${group.name}: ${step}, but acknowledged ${group.acknowledged}, sent ${group.sent}`]
  })
