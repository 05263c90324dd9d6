import { isDeepStrictEqual } from 'node:util'
import { maxEventBytes, type Message, type Mode } from '#contract'
import { eachOf, failed, passed, type Check, type Result } from '../check.ts'
import { cameOf, refused, taken } from '../expectations.ts'
import type { Call, Tested } from '../tested.ts'

const modes: readonly Mode[] = ['binary', 'structured']

/** An attribute that an event carries beyond those of the contract. */
const withAttribute = ({ headers, body }: Message, mode: Mode): Message =>
  mode === 'binary'
    ? { headers: { ...headers, 'ce-nobodyknows': 'this' }, body }
    : { headers, body: body.replace('{', '{"nobodyknows":"this",') }

/** The data has one more member, so that the whole body is of this size. */
const padded = (tested: Tested, size: number): Message => {
  const { headers, body } = tested.message(tested.change())
  const before = `${body.slice(0, -1)},"padding":"`
  const padding = 'x'.repeat(size - Buffer.byteLength(before) - '"}'.length)
  return { headers, body: `${before}${padding}"}` }
}

const inMode = (mode: Mode, advice: string): Check => ({
  id: `${mode}-mode`,
  says: `An event in ${mode} mode is taken`,
  async run(tested) {
    const call = await tested.send(
      `a sync in ${mode} mode`,
      tested.message(tested.change(), { mode }),
    )
    return taken(call, advice)
  },
})

const allAttributes: Check = {
  id: 'all-attributes',
  says: 'An event with all attributes that a dispatcher sends is taken',
  needsSync: true,
  run: (tested) =>
    eachOf(modes, async (mode) => {
      const message = tested.message(tested.change(), {
        mode,
        traceparent: `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`,
        completionUrl: 'https://core.example.com/xosapi/v1/completions/a-right?x=%2F',
      })
      const call = await tested.send(`a sync in ${mode} mode with all attributes`, message)
      return taken(call, 'Leave alone what the function has no use for.')
    }),
}

const unknownAttributes: Check = {
  id: 'unknown-attributes',
  says: 'Attributes that nobody knows are ignored',
  needsSync: true,
  run: (tested) =>
    eachOf(modes, async (mode) => {
      const message = withAttribute(tested.message(tested.change(), { mode }), mode)
      const call = await tested.send(`a sync in ${mode} mode with ce-nobodyknows`, message)
      return taken(
        call,
        'Senders and what stands between may add attributes: read those that the function needs.',
      )
    }),
}

const unknownData: Check = {
  id: 'unknown-data',
  says: 'Members of the data that nobody knows are ignored',
  needsSync: true,
  async run(tested) {
    const { headers, body } = tested.message(tested.change())
    const message = { headers, body: body.replace('{', '{"nobodyknows":["this"],') }
    const call = await tested.send('a sync whose data has "nobodyknows"', message)
    return taken(
      call,
      'Later versions of the contract may add members: read those that the function needs.',
    )
  },
}

const percentEncoding: Check = {
  id: 'percent-encoding',
  says: 'Attributes in headers are percent-decoded',
  needsSync: true,
  async run(tested) {
    const { headers, body } = tested.message(tested.change())
    const encoded = {
      ...headers,
      'ce-type': (headers['ce-type'] ?? '').replaceAll('.', '%2E'),
      'ce-subject': (headers['ce-subject'] ?? '').replaceAll('/', '%2F'),
    }
    const call = await tested.send('a sync with ce-type and ce-subject percent-encoded', {
      headers: encoded,
      body,
    })
    return taken(call, 'Percent-decode each ce- header once, as UTF-8.')
  },
}

const charset: Check = {
  id: 'charset',
  says: 'A Content-Type with charset=utf-8 is taken',
  needsSync: true,
  run: (tested) =>
    eachOf(modes, async (mode) => {
      const { headers, body } = tested.message(tested.change(), { mode })
      const type = mode === 'binary' ? 'application/json' : 'application/cloudevents+json'
      const message = { headers: { ...headers, 'content-type': `${type}; charset=UTF-8` }, body }
      const call = await tested.send(`a sync of ${type}; charset=UTF-8`, message)
      return taken(call, 'Compare the media type alone: cut Content-Type at the first semicolon.')
    }),
}

const retried: Check = {
  id: 'retried',
  says: 'A second attempt, which tells of the outcome before it, is taken',
  needsSync: true,
  async run(tested) {
    const previous = { code: 2, text: 'Nö: no route to host' }
    const change = tested.change({ attempt: 2, previous })
    const call = await tested.send('a sync for the second time', tested.message(change))
    return taken(call, 'The data has "previous" from the second attempt on.')
  },
}

const feedbackOf = ({ outcome }: Call): unknown =>
  outcome.kind === 'synced' ? outcome.feedback : undefined

const duplicate: Check = {
  id: 'duplicate',
  says: 'The same event twice has the same outcome',
  needsSync: true,
  async run(tested) {
    const message = tested.message(tested.change())
    const advice = 'Calls repeat after crashes and lost answers: make the function idempotent.'
    const first = await tested.send('a sync', message)
    const result = taken(first, advice)
    if (result.verdict !== 'passed') return result
    const second = await tested.send('the same sync again', message)
    const isSame =
      first.outcome.kind === second.outcome.kind &&
      isDeepStrictEqual(feedbackOf(first), feedbackOf(second))
    if (isSame) return passed
    const expected = `the same event to be answered as before, ${cameOf(first.reply)}`
    return failed({ expected, came: cameOf(second.reply), advice })
  },
}

const largestEvent: Check = {
  id: 'largest-event',
  says: `An event of ${maxEventBytes} bytes is taken`,
  needsSync: true,
  async run(tested) {
    const call = await tested.send(
      `a sync of ${maxEventBytes} bytes`,
      padded(tested, maxEventBytes),
    )
    return taken(call, 'Raise the limit of bodies: frameworks often begin at 100 kB.')
  },
}

const tooLarge: Check = {
  id: 'too-large',
  says: `A body of more than ${maxEventBytes} bytes is refused`,
  async run(tested) {
    const call = await tested.send(
      `a body of ${maxEventBytes + 1} bytes`,
      padded(tested, maxEventBytes + 1),
    )
    return refused(
      call,
      [413],
      'Read at most so many bytes into memory, and the rest away, so that the sender hears the answer.',
    )
  },
}

/** Beyond the ids that records have come to anywhere. */
const firstStrangeId = 2_000_000_000

/** As many as a dispatcher has under way if it is not told otherwise. */
const atOnce = 10

/** Deletes of what is not there, which leave nothing behind, and records of another model in between. */
const concurrent: Check = {
  id: 'concurrent',
  says: `${atOnce} calls at once are answered each for itself`,
  async run(tested) {
    const advice = 'Serve calls at the same time, and share nothing between them.'
    const one = async (index: number): Promise<Result> => {
      const { model, record } = tested.samples.synced
      const isOther = index % 2 === 1
      const change = tested.change({
        operation: 'delete',
        model: isOther ? `Another${model}` : model,
        record: { ...record, id: firstStrangeId + index },
      })
      const message = tested.message(change)
      return isOther
        ? refused(
            await tested.send('a delete of another model among others', message),
            [400, 422],
            advice,
          )
        : taken(await tested.send('a delete among others', message), advice)
    }
    const results = await Promise.all(Array.from({ length: atOnce }, (_, index) => one(index)))
    return results.find(({ verdict }) => verdict !== 'passed') ?? passed
  },
}

const keptConnection: Check = {
  id: 'kept-connection',
  says: 'After a refusal the same connection serves the next call',
  needsSync: true,
  async run(tested) {
    const { headers } = tested.message(tested.change())
    const broken = { headers, body: '{"operation":' }
    const keepsConnection = true
    await tested.send('a body that is no JSON', broken, { keepsConnection })
    const message = tested.message(tested.change())
    const call = await tested.send('a sync by the connection of a refused call', message, {
      keepsConnection,
    })
    return taken(
      call,
      'Read the body also of what is refused, or close the connection and say so: Connection: close.',
    )
  },
}

/** What the function makes of events that are as they should be. */
export const eventChecks: readonly Check[] = [
  inMode(
    'binary',
    'Read the attributes from the headers ce-..., and the data from the body. When the function cannot sync this very record, give one that it can.',
  ),
  inMode(
    'structured',
    'When Content-Type is application/cloudevents+json, read the attributes from the body, and the data from its member "data".',
  ),
  allAttributes,
  unknownAttributes,
  unknownData,
  percentEncoding,
  charset,
  retried,
  duplicate,
  largestEvent,
  tooLarge,
  keptConnection,
  concurrent,
]
