import { describeStep, type AnyStep } from './any-step.ts'
import { createCallMetrics } from './call-metrics.ts'
import { createAdmission, type Callers } from './callers.ts'
import { consentReply, type AllowedOrigins } from './consent.ts'
import type { Incoming } from './incoming.ts'
import { withIntake } from './intake.ts'
import { tooLarge, unauthorized, wrongMethod } from './refusals.ts'
import { jsonReply, metricsReply, type Reply } from './reply.ts'
import { createTaker, type TakerOptions } from './take-body.ts'

export type FunctionOptions = TakerOptions & {
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

export type AnsweringFunction = {
  readonly answer: AnswerIncoming
  /** What it has counted, for callers that it knows. */
  readonly answerMetrics: (incoming: Incoming) => Reply
}

/** What a step answers over HTTP, without a server. Throws TypeError when nobody could call it. */
export const createFunction = (step: AnyStep, options: FunctionOptions): AnsweringFunction => {
  const { name, clock, callers, allowedOrigins = [] } = options
  const admit = createAdmission(callers, clock)
  const description = jsonReply({ step: name, ...describeStep(step) })
  const metrics = createCallMetrics(name)
  const takeBody = withIntake(step, (intake) => createTaker(intake, options, metrics))

  const post = async (incoming: Incoming): Promise<Reply> => {
    const admission = admit(incoming)
    if (admission === false) return unauthorized
    const body = await incoming.body()
    if (body === undefined) return tooLarge
    if (admission !== true && !admission(body)) return unauthorized
    return takeBody(body, incoming)
  }

  /** Without a body. */
  const isLetIn = (incoming: Incoming): boolean => {
    const admission = admit(incoming)
    return typeof admission === 'function' ? admission(new Uint8Array()) : admission
  }

  const describe = (incoming: Incoming): Reply => (isLetIn(incoming) ? description : unauthorized)

  const refuseMethod = (incoming: Incoming): Reply =>
    admit(incoming) === false ? unauthorized : wrongMethod(incoming.method, 'GET, POST')

  const answer: AnswerIncoming = async (incoming) => {
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

  return {
    answer,
    answerMetrics: (incoming) => (isLetIn(incoming) ? metricsReply(metrics.text()) : unauthorized),
  }
}
