import { descriptionFrom, observedModel, type Description } from '#contract'
import type { Reply } from './exchange.ts'

/** What the answer to GET says of the function; undefined when it is no description. */
export const descriptionIn = (reply: Reply): Description | undefined =>
  'answer' in reply && reply.answer.status === 200 ? descriptionFrom(reply.answer.body) : undefined

/** The model that the function says it observes. */
export const observedIn = (reply: Reply): string | undefined => {
  const description = descriptionIn(reply)
  return description && observedModel(description)
}
