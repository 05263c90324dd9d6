import type { DeliveryOperation, Status } from '#contract'

/** One row of the table `delivery`. Times in microseconds since 1970. */
export type DeliveryRow = {
  readonly place: number
  readonly synchronizer: string
  readonly step: string
  readonly kind: DeliveryOperation
  readonly source: string
  readonly event_id: string
  readonly type: string
  readonly event: string | null
  readonly line: string | null
  readonly state: DeliveryState
  readonly next_run: number
  readonly attempts: number
  readonly failures: number
  readonly calls: number
  readonly code: number
  readonly status: string
  readonly lease_token: number | null
  readonly received: number
  readonly ended: number | null
}

/** `ready`: its step is to be called; `done`: it was, and nothing follows; `dead`: not again, until somebody says so. */
export const deliveryStates = ['ready', 'done', 'dead'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** What a delivery says of itself before its step was called. */
export const firstStatus: Status = { code: 0, text: 'Waiting for its first call' }

/** How dispatchers name a step that observes no model. */
export const stepText = ({
  synchronizer,
  step,
}: {
  readonly synchronizer: string
  readonly step: string
}): string => `${synchronizer}/${step}`
