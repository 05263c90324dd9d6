import { decodeEvent, encodeEvent, pullEventType, type CloudEvent } from '#contract'
import type { AnyEventStep, AnyPullStep } from '../any-step.ts'
import type { EventContext } from '../event-step.ts'
import { runEvent as runEventOn, runPull as runPullOn } from '../run-delivery.ts'
import { recordedContext, type CallOptions } from './call-options.ts'
import type { Run } from './run-step.ts'

/** An event for a test: what is left out is made up. */
export type GivenEvent = Partial<CloudEvent> & Pick<CloudEvent, 'type'>

type Recorded = { readonly context: EventContext; readonly logs: Run['logs'] }

/** The event makes the same way as in production, so that the step sees what it will see there. */
const recordedCall = (given: GivenEvent, options: CallOptions): Recorded => {
  const whole = { id: '1', source: '/test', extensions: {}, ...given }
  const { headers, body } = encodeEvent(whole, 'binary')
  const { context, logs } = recordedContext(options)
  return { context: Object.assign(context, { event: decodeEvent(headers, body) }), logs }
}

/**
 * Calls `process_event` of the step for an event. Never rejects because of what the step does: that is in the outcome.
 *
 * @example
 * await runEvent(portStep, { type: 'org.onos.port.down', data: { port: 7 } }, { client })
 */
export const runEvent = async (
  step: AnyEventStep,
  event: GivenEvent,
  options: CallOptions = {},
): Promise<Run> => {
  const { context, logs } = recordedCall(event, options)
  return { outcome: await runEventOn(step, context), logs }
}

/** Calls `pull_records` of the step, as {@link runEvent} calls event steps. */
export const runPull = async (step: AnyPullStep, options: CallOptions = {}): Promise<Run> => {
  const { context, logs } = recordedCall({ type: pullEventType }, options)
  return { outcome: await runPullOn(step, context), logs }
}
