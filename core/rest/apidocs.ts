import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Schema } from '#xproto'
import { refuseOtherMethods } from '../http/server.ts'
import type { Store } from '../store/port.ts'
import { isKnown } from './etag.ts'
import { json } from './media-type.ts'
import { openApiOf } from './openapi/document.ts'
import { pageOf } from './openapi/page.ts'

type Text = { readonly text: string; readonly type: string; readonly etag: string }

type Texts = { readonly document: Text; readonly page: Text }

const withEtag = (text: string, type: string): Text => ({
  text,
  type,
  etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`,
})

const known = new WeakMap<Schema, Texts>()

const textsOf = (schema: Schema): Texts => {
  const found = known.get(schema)
  if (found !== undefined) return found
  const document = openApiOf(schema)
  const texts = {
    document: withEtag(JSON.stringify(document), json),
    page: withEtag(pageOf(schema, document), 'text/html; charset=utf-8'),
  }
  known.set(schema, texts)
  return texts
}

const send = (request: FastifyRequest, reply: FastifyReply, { text, type, etag }: Text) => {
  reply.headers({ etag, 'cache-control': 'no-cache' })
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send()
  return reply.type(type).send(text)
}

/** What the REST face can be asked, for people and for programs. Open to all, as in XOS. */
export const addApidocs = (app: FastifyInstance, store: Pick<Store, 'schema'>): void => {
  const page = '/apidocs'
  const document = `${page}/openapi.json`
  for (const url of [page, `${page}/`]) {
    app.get(url, async (request, reply) => {
      reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      return send(request, reply, textsOf(store.schema()).page)
    })
    refuseOtherMethods(app, url, ['GET'])
  }
  app.get(document, async (request, reply) =>
    send(request, reply, textsOf(store.schema()).document),
  )
  // Where XOS has its Swagger document.
  app.get(`${page}/v1/swagger.json`, async (_request, reply) => reply.redirect(document, 308))
  for (const url of [document, `${page}/v1/swagger.json`]) refuseOtherMethods(app, url, ['GET'])
}
