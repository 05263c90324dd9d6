import type { EventContext, EventStepLike } from './event-step.ts'
import type { PullStepLike } from './pull-step.ts'
import { outcomeOfMethod, type StepOutcome } from './step-outcome.ts'

/** Lets an event step deal with one event. Never rejects. Unexpected errors go to the log with their stack. */
export const runEvent = (step: EventStepLike, context: EventContext): Promise<StepOutcome> =>
  outcomeOfMethod(context, 'process_event', () => step.process_event(context.event, context))

/** As {@link runEvent}, for a pull step. */
export const runPull = (step: PullStepLike, context: EventContext): Promise<StepOutcome> =>
  outcomeOfMethod(context, 'pull_records', () => step.pull_records(context))
