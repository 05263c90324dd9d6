import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { traceparentFrom } from '#contract'
import type { Authenticator } from '../access/authenticate.ts'
import { CoreError, errorCatalogue } from '../errors.ts'
import { createHttpFace, refuseOtherMethods, type FaultLog } from '../http/server.ts'
import { textOf, utf8Text } from '../http/text.ts'
import { orChallenge } from '../http/unknown-caller.ts'
import type { Caller, Store } from '../store/port.ts'
import { applyRecipe, deleteRecipe } from './apply.ts'
import { addCustomTypes } from './custom-types.ts'
import { plain } from './media-type.ts'
import { pythonRepr } from './python-repr.ts'
import { readRecipe } from './recipe.ts'
import { RecipeError } from './recipe-error.ts'

export type ToscaOptions = {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly log: FaultLog
}

const challenge = 'XOS realm="syncstep"'

const printed = (error: CoreError): string =>
  error instanceof RecipeError
    ? error.message
    : `${errorCatalogue[error.code].name}: ${error.message}`

/** The text of a header. Node reads headers as Latin-1; clients write UTF-8. */
const headerText = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? textOf(Buffer.from(value, 'latin1')) : undefined

const identify = async (authenticator: Authenticator, request: FastifyRequest): Promise<Caller> => {
  const username = headerText(request.headers['xos-username'])
  const password = headerText(request.headers['xos-password'])
  if (username !== undefined && password !== undefined) {
    return authenticator.password(username, password, request.ip)
  }
  throw new CoreError(
    'NOT_AUTHENTICATED',
    'Recipes need authentication: send the headers xos-username and xos-password',
  )
}

const recipeText = (body: unknown): string => {
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new RecipeError('[XOS-TOSCA] The body is empty. Send a recipe')
  }
  const text = utf8Text(body)
  if (text === undefined) throw new RecipeError('[XOS-TOSCA] Expected the recipe in UTF-8')
  return text
}

/**
 * The TOSCA face (reference core-api.md 7): POST /run and POST /delete take a recipe and answer in plain text; GET /
 * lists what recipes can be made of. It does not listen. A recipe is carried out whole or not at all.
 *
 * Who the client is, is settled before a byte of its body is read.
 */
export const buildTosca = ({ store, authenticator, log }: ToscaOptions): FastifyInstance => {
  const app = createHttpFace({
    log,
    bodyType: 'text/yaml',
    print: (error) => ({ type: plain, text: printed(error) }),
    // Loaders of recipes tell by it that another user is needed, whether or not this one is known.
    statusOf: ({ code }) => (code === 'PERMISSION_DENIED' ? 401 : errorCatalogue[code].http),
  })
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => body,
  )

  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const caller = await orChallenge(identify(authenticator, request), reply, challenge)
    const traceparent = traceparentFrom(request.headers['traceparent'])
    request.setDecorator<Caller>('caller', { ...caller, face: 'tosca', traceparent })
  }
  const addCommand = (url: string, command: typeof applyRecipe, done: string): void => {
    app.post(url, { onRequest }, async (request, reply) => {
      const recipe = readRecipe(recipeText(request.body), store.schema())
      const names = await command(store, recipe, request.getDecorator('caller'))
      reply.type(plain)
      return `${done} models: ${pythonRepr(names)}`
    })
    refuseOtherMethods(app, url, ['POST'])
  }

  app.decorateRequest('caller')
  addCommand('/run', applyRecipe, 'Created')
  addCommand('/delete', deleteRecipe, 'Deleted')
  addCustomTypes(app, store)
  return app
}
