import { ContractError } from '#contract'
import { batchReply } from './batch-reply.ts'
import { callContext, type ContextOptions } from './call-context.ts'
import type { Incoming } from './incoming.ts'
import type { Arrived, Intake } from './intake.ts'
import { malformed, tooLate } from './refusals.ts'
import { replyOfOutcome, type Reply } from './reply.ts'

/** Answers the body of a request. */
export type TakeBody = (body: Uint8Array, incoming: Incoming) => Promise<Reply>

const isBatch = <Sent extends Arrived>(sent: Sent | readonly Sent[]): sent is readonly Sent[] =>
  Array.isArray(sent)

/** Lets a step deal with what a request brings: an event, or several one after the other. */
export const createTaker = <Sent extends Arrived, About extends object>(
  intake: Intake<Sent, About>,
  options: ContextOptions,
): TakeBody => {
  const { clock } = options

  const run = async (sent: Sent, incoming: Incoming): Promise<Reply> => {
    const refusal = intake.refusalOf(sent)
    if (refusal !== undefined) return refusal
    const lateMs = clock.now() - (sent.deadline ?? Infinity)
    if (lateMs >= 0) return tooLate(lateMs)
    const { context, finish } = callContext(sent, intake, incoming, options)
    const outcome = await intake.run(context)
    finish()
    return replyOfOutcome(outcome)
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
