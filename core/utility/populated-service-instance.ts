import type { Fields } from '#contract'
import type { Records } from '../store/port.ts'

/** A service instance and what it is linked with, as XOS shows it. Names are those of the wire. */
export type PopulatedServiceInstance = {
  readonly id: number
  readonly leaf_model_name: string
  readonly name?: string
  readonly owner_id?: number
  /** Ids of the instances that it serves. */
  readonly provided_service_instances: readonly number[]
  /** Ids of the instances that serve it. */
  readonly subscribed_service_instances: readonly number[]
  /** Ids of the services that it serves. */
  readonly subscribed_service: readonly number[]
  /** Ids of the networks that it serves. */
  readonly subscribed_network: readonly number[]
}

/** The ids that stand in this field of the links, each once. */
const idsOf = (links: readonly Fields[], name: string): readonly number[] => [
  ...new Set(links.flatMap(({ [name]: id }) => (typeof id === 'number' ? [id] : []))),
]

/** One service instance with the other ends of its links. Throws NOT_FOUND. */
export const populatedServiceInstance = async (
  records: Records,
  id: number,
): Promise<PopulatedServiceInstance> => {
  const { fields } = await records.get('ServiceInstance', id)
  const { name, owner_id: owner } = fields
  const provided = await records.find('ServiceInstanceLink', { provider_service_instance_id: id })
  const used = await records.find('ServiceInstanceLink', { subscriber_service_instance_id: id })
  return {
    id,
    leaf_model_name: String(fields['leaf_model_name']),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof owner === 'number' ? { owner_id: owner } : {}),
    provided_service_instances: idsOf(provided, 'subscriber_service_instance_id'),
    subscribed_service_instances: idsOf(used, 'provider_service_instance_id'),
    subscribed_service: idsOf(provided, 'subscriber_service_id'),
    subscribed_network: idsOf(provided, 'subscriber_network_id'),
  }
}
