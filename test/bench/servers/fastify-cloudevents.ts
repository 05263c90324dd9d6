import { HTTP } from 'cloudevents'
import Fastify from 'fastify'
import { announce } from './announce.ts'

const app = Fastify()
app.addContentTypeParser('application/cloudevents+json', { parseAs: 'string' }, (_, body, done) =>
  done(null, body),
)
app.post('/', (request, reply) => {
  const event = HTTP.toEvent({ headers: request.headers, body: request.body })
  if (Array.isArray(event)) throw new Error('Expected one event')
  return reply.code(204).send()
})
await app.ready()
announce(app.server)
