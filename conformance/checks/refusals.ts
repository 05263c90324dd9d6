import type { Message, Mode } from '#contract'
import { eachOf, failed, passed, type Check } from '../check.ts'
import { cameOf, refused } from '../expectations.ts'

const modes: readonly Mode[] = ['binary', 'structured']

const malformedJson: Check = {
  id: 'malformed-json',
  says: 'A body that is no JSON is refused',
  run: (tested) =>
    eachOf(modes, async (mode) => {
      const { headers, body } = tested.message(tested.change(), { mode })
      const cut = { headers, body: body.slice(0, -2) }
      const call = await tested.send(`half a body in ${mode} mode`, cut)
      return refused(call, [400], 'Catch what the parser of JSON throws.')
    }),
}

const required = ['specversion', 'id', 'source', 'type'] as const

const without = ({ headers, body }: Message, name: string, mode: Mode): Message => {
  if (mode === 'binary') {
    const kept = Object.entries(headers).filter(([header]) => header !== `ce-${name}`)
    return { headers: Object.fromEntries(kept), body }
  }
  const members = Object.entries(JSON.parse(body) as object).filter(([member]) => member !== name)
  return { headers, body: JSON.stringify(Object.fromEntries(members)) }
}

const missingAttributes: Check = {
  id: 'missing-attributes',
  says: 'An event without one of the attributes that each must have is refused',
  run: (tested) =>
    eachOf(
      modes.flatMap((mode) => required.map((name) => ({ mode, name }))),
      async ({ mode, name }) => {
        const message = without(tested.message(tested.change(), { mode }), name, mode)
        const call = await tested.send(`an event in ${mode} mode without ${name}`, message)
        return refused(call, [400], `Look for ${name} before anything is done.`)
      },
    ),
}

const otherVersion: Check = {
  id: 'other-version',
  says: 'An event of another version of CloudEvents is refused',
  async run(tested) {
    const { headers, body } = tested.message(tested.change())
    const message = { headers: { ...headers, 'ce-specversion': '0.3' }, body }
    const call = await tested.send('an event of specversion 0.3', message)
    return refused(call, [400], 'Compare specversion with 1.0.')
  },
}

const mediaType: Check = {
  id: 'media-type',
  says: 'Data that is no JSON is refused',
  async run(tested) {
    const { headers } = tested.message(tested.change())
    const message = { headers: { ...headers, 'content-type': 'text/xml' }, body: '<change/>' }
    const call = await tested.send('data of text/xml', message)
    return refused(call, [400, 415], 'Take application/json, and answer 415 to the rest.')
  },
}

const malformedData: Check = {
  id: 'malformed-data',
  says: 'An event whose data is no change is refused',
  run: (tested) =>
    eachOf(['{}', '[]', 'null', '{"operation":"sync","model":"Nothing"}'], async (body) => {
      const { headers } = tested.message(tested.change())
      const call = await tested.send(`the data ${body}`, { headers, body })
      return refused(
        call,
        [400, 422],
        'Look whether operation, model and record.id are there before anything is done.',
      )
    }),
}

const unknownType: Check = {
  id: 'unknown-type',
  says: 'An event of a type that nobody knows is refused for good',
  async run(tested) {
    const { headers, body } = tested.message(tested.change())
    const type = 'org.opencord.xos.rename_record.v1'
    const message = { headers: { ...headers, 'ce-type': type }, body }
    const call = await tested.send(`an event of type ${type}`, message)
    return refused(
      call,
      [400, 415, 422],
      'It would be sent again and again after a 5xx, and taken for done after a 2xx: compare the type with those that the function knows.',
    )
  },
}

const wrongModel: Check = {
  id: 'wrong-model',
  says: 'A record of another model is refused for good',
  async run(tested) {
    const model = `Another${tested.samples.synced.model}`
    const call = await tested.send(`a record of ${model}`, tested.message(tested.change({ model })))
    return refused(
      call,
      [400, 422],
      'The URL of a step may be set wrongly: compare the model with the one that the function observes.',
    )
  },
}

const deadlinePassed: Check = {
  id: 'deadline-passed',
  says: 'A change whose deadline has passed is not carried out',
  async run(tested) {
    const deadline = tested.clock.now() - 60_000
    const message = tested.message(tested.change(), { deadline })
    const { what, reply, outcome } = await tested.send('a sync that expired a minute ago', message)
    if (outcome.kind === 'failed' && outcome.retry) return passed
    return failed({
      expected: `${what} to be answered 500`,
      came: cameOf(reply),
      advice:
        'Nobody waits for it after expirytime, and another call may be under way: answer 500 and do nothing. A refusal for good would end what a clock that is wrong began.',
    })
  },
}

const otherMethod: Check = {
  id: 'other-method',
  says: 'A method that means nothing here is refused',
  async run(tested) {
    const call = await tested.send('a PUT', tested.message(tested.change()), { method: 'PUT' })
    return refused(call, [405], 'Answer 405, with the header Allow.')
  },
}

/** What the function makes of events that are not as they should be, or not for it. */
export const refusalChecks: readonly Check[] = [
  malformedJson,
  missingAttributes,
  otherVersion,
  mediaType,
  malformedData,
  unknownType,
  wrongModel,
  deadlinePassed,
  otherMethod,
]
