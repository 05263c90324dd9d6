import type { FastifyInstance } from 'fastify'
import { encodeEvent, type Clock } from '#contract'
import { recheck } from '../../access/recheck.ts'
import { CoreError } from '../../errors.ts'
import { changeEventOf } from '../../events/change-event.ts'
import { refuseOtherMethods, type FaultLog } from '../../http/server.ts'
import type { RecordChange, Store } from '../../store/port.ts'
import type { Identification } from '../identify.ts'
import { openFrames } from './frames.ts'
import { readQuestion, type EventsQuery } from './question.ts'
import { createStreams, streamLimits, type StreamLimits } from './streams.ts'

const eventStream = 'text/event-stream; charset=utf-8'
/** Whose events they are, as a URI reference. */
const eventSource = '/core'

export type EventsOptions = {
  readonly store: Pick<Store, 'schema' | 'changes' | 'onChange'>
  readonly clock: Pick<Clock, 'after'>
  readonly log: FaultLog
  readonly limits?: StreamLimits
}

const print = (change: RecordChange): string =>
  encodeEvent(changeEventOf(change, eventSource), 'structured').body

/** The stream is under way, so all that can be told of a failure is its end: whoever watches connects again. */
async function* untilFailure(frames: AsyncIterable<string>, log: FaultLog): AsyncGenerator<string> {
  try {
    yield* frames
  } catch (thrown) {
    if (thrown instanceof CoreError && thrown.code !== 'INTERNAL') return
    log.error({ err: thrown }, 'stream of events failed')
  }
}

/** GET /xosapi/v1/events: what happens to records, as server-sent events. */
export const addEvents = (
  app: FastifyInstance,
  { store, clock, log, limits = streamLimits }: EventsOptions,
  { authenticate, authenticateAgain, callerOf }: Identification,
): void => {
  const url = '/xosapi/v1/events'
  const streams = createStreams(clock, limits)
  app.addHook('preClose', () => streams.end())

  app.get<EventsQuery>(
    url,
    { onRequest: authenticate, exposeHeadRoute: false },
    async (request, reply) => {
      const { models, after } = readQuestion(store.schema(), request)
      const caller = callerOf(request)
      const changes = store.changes(caller)
      const { stream, end } = await streams.open(caller, async (signal) => {
        const onChange = (listener: () => void) => store.onChange(listener)
        const watch = { log: changes, onChange, clock, models, after, print, signal }
        return untilFailure(await openFrames(watch), log)
      })
      const stopChecks = recheck(clock, () => authenticateAgain(request), end)
      // The stream itself would notice only when it has something to say.
      reply.raw.once('close', () => {
        stopChecks()
        end()
      })
      // nginx would keep events back until it has a pageful of them.
      return reply.header('x-accel-buffering', 'no').type(eventStream).send(stream)
    },
  )
  app.head(url, { onRequest: authenticate }, async (_request, reply) =>
    reply.type(eventStream).send(),
  )
  refuseOtherMethods(app, url, ['GET'])
}
