import { ContractError, type Tracer } from '#contract'
import { batchReply } from './batch-reply.ts'
import { callContext, type ContextOptions } from './call-context.ts'
import type { CallMetrics } from './call-metrics.ts'
import type { Incoming } from './incoming.ts'
import type { Arrived, Intake } from './intake.ts'
import { malformed, tooLate } from './refusals.ts'
import { replyOfOutcome, type Reply } from './reply.ts'
import type { StepOutcome } from './step-outcome.ts'
import { traceCall } from './trace-call.ts'

export type TakerOptions = ContextOptions & {
  /** Name of the function, for people. */
  readonly name: string
  /** Is shown each call; undefined: nobody wants to see any. */
  readonly tracer?: Tracer | undefined
}

/** Answers the body of a request. */
export type TakeBody = (body: Uint8Array, incoming: Incoming) => Promise<Reply>

const isBatch = <Sent extends Arrived>(sent: Sent | readonly Sent[]): sent is readonly Sent[] =>
  Array.isArray(sent)

/** Lets a step deal with what a request brings: an event, or several one after the other. */
export const createTaker = <Sent extends Arrived, About extends object>(
  intake: Intake<Sent, About>,
  options: TakerOptions,
  metrics: Pick<CallMetrics, 'began' | 'ended'>,
): TakeBody => {
  const { name, clock, tracer } = options

  const work = async (sent: Sent, incoming: Incoming): Promise<StepOutcome> => {
    const beganMs = clock.now()
    metrics.began()
    const traced = tracer && traceCall(tracer, name, sent.event, incoming)
    const { context, finish } = callContext(sent, intake, traced?.incoming ?? incoming, options)
    const outcome = await intake.run(context)
    finish()
    traced?.ended(outcome)
    metrics.ended(outcome, clock.now() - beganMs)
    return outcome
  }

  const run = async (sent: Sent, incoming: Incoming): Promise<Reply> => {
    const refusal = intake.refusalOf(sent)
    if (refusal !== undefined) return refusal
    const lateMs = clock.now() - (sent.deadline ?? Infinity)
    if (lateMs >= 0) return tooLate(lateMs)
    return replyOfOutcome(await work(sent, incoming))
  }

  const runBatch = async (batch: readonly Sent[], incoming: Incoming): Promise<Reply> => {
    const answers = []
    for (const sent of batch) answers.push({ sent, reply: await run(sent, incoming) })
    return batchReply(answers)
  }

  return async (body, incoming) => {
    try {
      const sent = intake.read(incoming.headers, body)
      return isBatch(sent) ? await runBatch(sent, incoming) : await run(sent, incoming)
    } catch (error) {
      if (error instanceof ContractError) return malformed(error)
      throw error
    }
  }
}
