import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { buildRest, buildTosca, createAuthenticator } from '#core'
import { asAdmin, openXosCore } from '../core/grpc/xos-core.ts'
import type { TestStore } from '../support/store.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Answers the port. */
const listen = async (face: FastifyInstance): Promise<number> => {
  await face.listen({ port: 0, host: '127.0.0.1' })
  return (face.server.address() as AddressInfo).port
}

export type Answer = {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  json(): Fields
}

const request = async (
  url: string,
  method: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<Answer> => {
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
  const text = await answer.text()
  const { status, headers: received } = answer
  return { status, text, headers: received, json: () => JSON.parse(text) as Fields }
}

/** What a message says, without the names of the oneofs that the client library adds. */
export const setFields = (message: Fields): Fields =>
  Object.fromEntries(Object.entries(message).filter(([name]) => !name.endsWith('_present')))

/** A core with gRPC, REST and TOSCA on sockets, as clients of XOS find it. */
export const openCoreOnSockets = async (given?: TestStore) => {
  const core = await openXosCore(given)
  const { store, clock } = core
  const faults: object[] = []
  const log = { error: (fields: object) => void faults.push(fields) }
  const authenticator = createAuthenticator({ store, clock, randomBytes })
  const rest = buildRest({ store, authenticator, log, clock })
  const tosca = buildTosca({ store, authenticator, log })
  const restPort = await listen(rest)
  const toscaPort = await listen(tosca)
  let admin = await core.dial()

  return {
    ...core,
    restPort,
    /** What the log of REST and TOSCA was told; empty as long as the core itself did not fail. */
    faults,
    /** A client that has read the schema by now. */
    async dialAgain(): Promise<void> {
      admin = await core.dial()
    },
    admin: () => admin,
    /** The reply of a gRPC call of the administrator, without what is not set. */
    ask: async (name: string, message: Fields = {}, metadata: Fields = {}): Promise<Fields> =>
      setFields((await admin.ask(name, message, metadata)).reply),
    /** How a gRPC call of the administrator failed. */
    refused: (name: string, message: Fields = {}, metadata: Fields = {}) =>
      admin.refused(name, message, metadata),
    /** Ids in the answer of a list or a filter, as the administrator. */
    async ids(name: string, message: Fields = {}): Promise<readonly number[]> {
      const { reply } = await admin.ask(`xos.xos/${name}`, message)
      return ((reply['items'] ?? []) as readonly Fields[]).map(({ id }) => Number(id))
    },
    /** A request to REST below `/xosapi/v1/`, as the administrator unless the headers say otherwise. */
    rest(
      method: string,
      path: string,
      body?: object | string,
      headers: Record<string, string> = asAdmin,
    ): Promise<Answer> {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
      const type = text === undefined ? {} : { 'content-type': 'application/json' }
      const url = `http://127.0.0.1:${restPort}/xosapi/v1/${path}`
      return request(url, method, { ...type, ...headers }, text)
    },
    tosca: (
      command: 'run' | 'delete',
      recipe: string,
      headers: Record<string, string> = {
        'xos-username': 'admin@opencord.org',
        'xos-password': 'letmein',
      },
    ): Promise<Answer> =>
      request(`http://127.0.0.1:${toscaPort}/${command}`, 'POST', headers, recipe),
    async close() {
      await Promise.all([rest.close(), tosca.close()])
      await core.close()
    },
  }
}

export type CoreOnSockets = Awaited<ReturnType<typeof openCoreOnSockets>>

export const asSynchronizer = { caller_kind: 'synchronizer' }

let names = 0
/** A name that nobody else has. */
export const named = (text: string): string => `${text}-${(names += 1)}`
