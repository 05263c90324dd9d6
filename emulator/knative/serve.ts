import type { Agent, IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Random } from '#contract'
import { fired, sleep } from '../sleep.ts'
import { nextFault } from './faults.ts'
import { answerLine, answerTimeout, forward } from './forward.ts'
import { QueueFull, type RequestQueue } from './request-queue.ts'
import type { ServingSettings } from './settings.ts'

export type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export type ServeOptions = {
  readonly settings: Pick<ServingSettings, 'timeoutMs' | 'faults'>
  readonly queue: RequestQueue
  readonly agent: Agent
  readonly clock: Clock
  readonly random: Random
}

/** Why nobody waits for the answer any more. */
class CallerGone extends Error {}
class TimeoutPassed extends Error {}

/** Answers the requests of one step as Knative's proxies do: by a process whose turn it is, or with their errors. */
export const createHandle = (options: ServeOptions): Handle => {
  const { settings, queue, agent, clock, random } = options
  const { timeoutMs, faults } = settings

  const refuse = (response: ServerResponse, error: unknown): void => {
    if (error instanceof QueueFull) answerLine(response, 503, error.message)
    else if (!(error instanceof TimeoutPassed)) response.destroy()
    else if (queue.isHeldBack()) answerTimeout(response, 504, 'activator request timeout')
    else answerTimeout(response, 504, 'request timeout')
  }

  /** What a process whose turn it is does with the request. */
  const deliver = async (
    request: IncomingMessage,
    response: ServerResponse,
    port: number,
    over: AbortSignal,
  ): Promise<void> => {
    const hit = nextFault(faults, random)
    if (hit?.fault === 'delay') await sleep(clock, hit.delayMs, over)
    if (hit?.fault === 'hang') await fired(over)
    if (over.aborted) return
    if (hit?.fault === 'status') response.writeHead(hit.status).end()
    else if (hit?.fault === 'reset') response.destroy()
    else {
      const losesAnswer = hit?.fault === 'lost-answer'
      await forward({ request, response, port, agent, losesAnswer }, over)
    }
  }

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    over: AbortSignal,
  ): Promise<void> => {
    const port = await queue.take(over)
    await deliver(request, response, port, over).finally(() => queue.giveBack(port))
    if (over.reason instanceof TimeoutPassed) answerTimeout(response, 504, 'request timeout')
  }

  return async (request, response) => {
    const over = new AbortController()
    const cancel = clock.after(timeoutMs, () => over.abort(new TimeoutPassed()))
    response.once('close', () => {
      if (!response.writableFinished) over.abort(new CallerGone())
    })
    await answer(request, response, over.signal)
      .catch((error: unknown) => refuse(response, error))
      .finally(cancel)
  }
}
