import type { FastifyInstance } from 'fastify'
import { toscaTypeOf, type Model, type Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import { refuseOtherMethods } from '../http/server.ts'
import type { Store } from '../store/port.ts'
import { plain } from './media-type.ts'

type Named = { Params: { name: string } }

/** As recipes import it, without its ending: `custom_types/site.yaml`. */
const fileName = ({ name }: Model): string => name.toLowerCase()

const typeNamed = (schema: Schema, name: string): string => {
  const model = schema.models.find((each) => fileName(each) === name)
  if (model !== undefined) return toscaTypeOf(model)
  throw new CoreError('NOT_FOUND', `There is no custom type ${name.slice(0, 100)}; GET / lists all`)
}

/** What recipes can be made of: GET / lists the custom types, GET /custom_type/NAME shows one. Open to all, as in XOS. */
export const addCustomTypes = (app: FastifyInstance, store: Store): void => {
  app.get('/', async () => {
    const names = store.schema().models.map(fileName)
    return Object.fromEntries(names.map((name) => [name, `/custom_type/${name}`]))
  })
  refuseOtherMethods(app, '/', ['GET'])
  app.get<Named>('/custom_type/:name', async (request, reply) => {
    reply.type(plain)
    return typeNamed(store.schema(), request.params.name)
  })
  refuseOtherMethods(app, '/custom_type/:name', ['GET'])
}
