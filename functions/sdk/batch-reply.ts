import type { Arrived } from './intake.ts'
import { jsonReply, problemReply, type Reply } from './reply.ts'

type Answered = { readonly sent: Arrived; readonly reply: Reply }

const isDone = ({ reply }: Answered): boolean => reply.status < 300 && reply.status !== 202

/** What an answer says, with the status it would have had alone. */
const partOf = ({ sent, reply }: Answered): object => ({
  id: sent.event.id,
  ...(reply.body === '' ? {} : (JSON.parse(reply.body) as object)),
  status: reply.status,
})

/**
 * One answer to several events: 200 when all are done, else with the status of the first that is not, so that their
 * sender sends them again. `answers` has one for each, in their order.
 */
export const batchReply = (answered: readonly Answered[]): Reply => {
  const answers = answered.map(partOf)
  const first = answered.find((answer) => !isDone(answer))
  if (first === undefined) return jsonReply({ answers })
  const { status, headers } = first.reply
  const retryAfter = headers['retry-after']
  return problemReply(
    {
      status,
      code: 'BATCH_NOT_DONE',
      title: 'Not all is done',
      detail: `${answered.filter((answer) => !isDone(answer)).length} of ${answered.length} events are not done; the first is ${first.sent.event.id}`,
      answers,
    },
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  )
}
