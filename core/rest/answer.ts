import type { FastifyReply } from 'fastify'
import type { Caller, LockingRecords, OnceRequest, Store } from '../store/port.ts'
import { json } from './media-type.ts'

/** An answer that is complete: the text of its body, and the ETag of the record in it. */
export type Answer = { readonly body: string; readonly etag?: string }

export const send = (reply: FastifyReply, { body, etag }: Answer): FastifyReply => {
  if (etag !== undefined) reply.header('etag', etag)
  return reply.type(json).send(body)
}

/** Carries a write out; once, however often it is sent, when it has an Idempotency-Key. */
export const write = async (
  store: Store,
  caller: Caller,
  once: OnceRequest | undefined,
  reply: FastifyReply,
  work: (records: LockingRecords) => Promise<Answer>,
): Promise<FastifyReply> => {
  if (once === undefined) return send(reply, await store.transaction(caller, work))
  const { answer, isRepeated } = await store.once(caller, once, async (records) =>
    JSON.stringify(await work(records)),
  )
  if (isRepeated) reply.header('idempotency-replayed', 'true')
  return send(reply, JSON.parse(answer) as Answer)
}
