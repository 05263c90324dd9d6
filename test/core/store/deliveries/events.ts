import type { CloudEvent, Registration } from '#contract'
import type { TestStore } from '../../../support/store.ts'

export const onuEvent = (id: string, more: Partial<CloudEvent> = {}): CloudEvent => ({
  id,
  source: '/voltha',
  type: 'onu.discovered',
  datacontenttype: 'application/json',
  extensions: {},
  data: { serial: id },
  ...more,
})

/** An event that goes after those before it with the same key. */
export const keyedEvent = (id: string, partitionkey: string): CloudEvent =>
  onuEvent(id, { extensions: { partitionkey } })

export const registration: Registration = {
  name: 'olt',
  version: '1',
  models: [],
  steps: [],
  requiredModels: [],
  eventSteps: [{ step: 'onu', types: ['onu.*'], maxAttempts: 3 }],
}

/** Leases what is due of the kind, and says what came. */
export const leaseOf = async (
  { work }: Pick<TestStore, 'work'>,
  kind: 'event' | 'pull',
  limit = 100,
  dispatcher = 'tester',
) => work.lease(dispatcher, [{ model: kind === 'event' ? 'olt/onu' : 'olt/ports', limit, kind }])
