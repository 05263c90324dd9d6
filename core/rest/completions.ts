import type { FastifyInstance, FastifyRequest } from 'fastify'
import { outcomeOfCompletion } from '#contract'
import { CoreError } from '../errors.ts'
import { refuseOtherMethods } from '../http/server.ts'
import type { CompletionRight, Store } from '../store/port.ts'
import { requireObject } from './read-body.ts'

/** What the right to complete a call is appended to. */
export const completionsPath = '/xosapi/v1/completions/'

type Completing = { Params: { right: string } }

/**
 * POST /xosapi/v1/completions/RIGHT: a function says what came of a call that it answered 202. The right is all that
 * it shows; it is read before a byte of the body is.
 */
export const addCompletions = (
  app: FastifyInstance,
  { completions }: Pick<Store, 'completions'>,
): void => {
  const url = `${completionsPath}:right`
  app.decorateRequest('completionRight')
  const onRequest = async (request: FastifyRequest<Completing>): Promise<void> => {
    const right = await completions.read(request.params.right)
    request.setDecorator<CompletionRight>('completionRight', right)
  }
  app.post<Completing>(url, { onRequest }, async (request) => {
    const right: CompletionRight = request.getDecorator('completionRight')
    const outcome = outcomeOfCompletion(requireObject(request.body), right.operation)
    if (typeof outcome === 'string') throw new CoreError('VALIDATION', outcome)
    await completions.complete(right, outcome)
    return {}
  })
  refuseOtherMethods(app, url, ['POST'])
}
