import type { AnyEventStep, AnyPullStep } from './any-step.ts'
import type { EventContext } from './event-step.ts'
import { outcomeOfMethod, type StepOutcome } from './step-outcome.ts'

/** Lets an event step deal with one event. Never rejects. Unexpected errors go to the log with their stack. */
export const runEvent = (step: AnyEventStep, context: EventContext): Promise<StepOutcome> =>
  outcomeOfMethod(context, 'process_event', () =>
    step.process_event(context.event, context as never),
  )

/** As {@link runEvent}, for a pull step. */
export const runPull = (step: AnyPullStep, context: EventContext): Promise<StepOutcome> =>
  outcomeOfMethod(context, 'pull_records', () => step.pull_records(context as never))
