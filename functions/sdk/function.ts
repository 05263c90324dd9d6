import { describeStep, type AnyStep } from './any-step.ts'
import type { ContextOptions } from './call-context.ts'
import { createAdmission, type Callers } from './callers.ts'
import { consentReply, type AllowedOrigins } from './consent.ts'
import type { Incoming } from './incoming.ts'
import { withIntake } from './intake.ts'
import { tooLarge, unauthorized, wrongMethod } from './refusals.ts'
import { jsonReply, type Reply } from './reply.ts'
import { createTaker } from './take-body.ts'

export type FunctionOptions = ContextOptions & {
  /** Name of the function, for people. */
  readonly name: string
  readonly callers: Callers
  /**
   * Who may ask with OPTIONS whether it can send events here. What it sends has to be let in nevertheless.
   *
   * @default nobody
   */
  readonly allowedOrigins?: AllowedOrigins
}

/** Answers what is asked of a function. Rejects when its sender goes away before all has arrived. */
export type AnswerIncoming = (incoming: Incoming) => Promise<Reply>

/** What a step answers over HTTP, without a server. Throws TypeError when nobody could call it. */
export const createFunction = (step: AnyStep, options: FunctionOptions): AnswerIncoming => {
  const { name, clock, callers, allowedOrigins = [] } = options
  const admit = createAdmission(callers, clock)
  const description = jsonReply({ step: name, ...describeStep(step) })
  const takeBody = withIntake(step, (intake) => createTaker(intake, options))

  const post = async (incoming: Incoming): Promise<Reply> => {
    const admission = admit(incoming)
    if (admission === false) return unauthorized
    const body = await incoming.body()
    if (body === undefined) return tooLarge
    if (admission !== true && !admission(body)) return unauthorized
    return takeBody(body, incoming)
  }

  const describe = (incoming: Incoming): Reply => {
    const admission = admit(incoming)
    const isLetIn = typeof admission === 'function' ? admission(new Uint8Array()) : admission
    return isLetIn ? description : unauthorized
  }

  const refuseMethod = (incoming: Incoming): Reply =>
    admit(incoming) === false ? unauthorized : wrongMethod(incoming.method, 'GET, POST')

  return async (incoming) => {
    switch (incoming.method) {
      case 'POST':
        return post(incoming)
      case 'GET':
      case 'HEAD':
        return describe(incoming)
      case 'OPTIONS':
        return consentReply(incoming, allowedOrigins) ?? refuseMethod(incoming)
      default:
        return refuseMethod(incoming)
    }
  }
}
