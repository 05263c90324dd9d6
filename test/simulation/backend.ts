import {
  keyText,
  outcomeOfAnswer,
  outcomeOfNoAnswer,
  type Answer,
  type Change,
  type NoAnswer,
  type Outcome,
} from '#contract'
import type { Target } from '../../dispatcher/options.ts'
import type { Dice } from './dice.ts'
import { modelNamed } from './models.ts'
import type { Timeline } from './timeline.ts'

/** Whether the function did what it was asked before its answer went wrong. */
const faults = {
  well: { does: true },
  'HTTP 202': { does: false },
  'HTTP 409': { does: false },
  'HTTP 422': { does: false },
  'HTTP 429': { does: false },
  'HTTP 500': { does: false },
  'HTTP 503': { does: false },
  'HTTP 503 for a while': { does: false },
  'HTTP 401': { does: false },
  'HTTP 404': { does: false },
  'refused connection': { does: false },
  hang: { does: false },
  'done, then hang': { does: true },
  reset: { does: true },
  'half an answer': { does: true },
  'cut body': { does: true },
  'wrong feedback': { does: true },
} as const

export type Fault = keyof typeof faults

/** How often each happens, where faults are on. */
const usual: Readonly<Record<Fault, number>> = {
  well: 30,
  'HTTP 202': 3,
  'HTTP 409': 4,
  'HTTP 422': 2,
  'HTTP 429': 2,
  'HTTP 500': 5,
  'HTTP 503': 2,
  'HTTP 503 for a while': 2,
  'HTTP 401': 1,
  'HTTP 404': 1,
  'refused connection': 2,
  hang: 2,
  'done, then hang': 2,
  reset: 3,
  'half an answer': 2,
  'cut body': 2,
  'wrong feedback': 1,
}

/** What a dead function does, one of these to every call. */
export const deadFaults = [
  'refused connection',
  'hang',
  'HTTP 503',
  'HTTP 429',
  'HTTP 401',
  'HTTP 500',
] as const satisfies readonly Fault[]

type Reply = { readonly answer: Answer } | { readonly failure: NoAnswer } | 'never'

export type Backend = ReturnType<typeof createBackend>

/**
 * All functions, and what they have brought into being. They keep the newest version they were sent: a call that
 * was under way in the network for long must not undo what came after it.
 */
export const createBackend = (timeline: Timeline, dice: Dice) => {
  const values = new Map<string, number>()
  const newest = new Map<string, number>()
  let isFaulty = true
  const dead = new Map<string, Fault>()

  const keyOf = ({ model, record }: Change): string =>
    keyText({ model: modelNamed(model).root, id: Number(record['id']) })

  const carryOut = (change: Change): void => {
    const key = keyOf(change)
    // A delete is the last version of all.
    const version = change.operation === 'delete' ? Infinity : change.stamp
    if (version < (newest.get(key) ?? 0)) return
    newest.set(key, version)
    if (change.operation === 'delete') values.delete(key)
    else values.set(key, Number(change.record['value']))
  }

  const retryAfter = (): Record<string, string> => {
    const seconds = dice.between(0, 5)
    if (dice.chance(0.3)) return {}
    if (dice.chance(0.5)) return { 'retry-after': String(seconds) }
    return { 'retry-after': new Date(timeline.now() + seconds * 1000).toUTCString() }
  }

  const answered = (
    status: number,
    body = '',
    headers: Readonly<Record<string, string>> = {},
  ): Reply => ({ answer: { status, body, header: (name) => headers[name] } })

  const problem = (
    status: number,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
    members: object = {},
  ): Reply =>
    answered(status, JSON.stringify({ detail, ...members }), {
      'content-type': 'application/problem+json',
      ...headers,
    })

  /** Now and then a function says for which record it waits, be it there or not. */
  const waitingOn = (): object => {
    const [model, id] = dice.pick([...newest.keys()])?.split('/') ?? []
    if (model === undefined || dice.chance(0.5)) return {}
    const state = dice.weighted({ synced: 1, changed: 1, deleted: 1 })
    return { waiting_on: { model, id: Number(id), state } }
  }

  const done = (change: Change): string =>
    JSON.stringify({ feedback: { reading: Number(change.record['value']) } })

  const replyOf = (fault: Fault, change: Change): Reply => {
    switch (fault) {
      case 'well':
        return dice.chance(0.5) ? answered(204) : answered(200, done(change))
      case 'HTTP 202':
        return answered(202, 'started', retryAfter())
      case 'HTTP 409':
        return problem(409, 'not yet', retryAfter(), waitingOn())
      case 'HTTP 422':
        return problem(422, 'never')
      case 'HTTP 429':
        return answered(429, 'busy', retryAfter())
      case 'HTTP 500':
        return problem(500, `broken ${dice.between(1, 3)}`)
      case 'HTTP 503':
        return answered(503, 'nobody here')
      case 'HTTP 503 for a while':
        return answered(503, 'busy', { 'retry-after': String(dice.between(0, 5)) })
      case 'HTTP 401':
        return answered(401, 'who are you')
      case 'HTTP 404':
        return answered(404, 'no such path')
      case 'refused connection':
        return { failure: { kind: 'no-connection', detail: 'connect ECONNREFUSED' } }
      case 'hang':
      case 'done, then hang':
        return 'never'
      case 'reset':
        return { failure: { kind: 'no-connection', detail: 'read ECONNRESET' } }
      case 'half an answer':
        return { failure: { kind: 'cut-off', detail: 'The answer was cut off' } }
      case 'cut body':
        return answered(200, done(change).slice(0, -3))
      case 'wrong feedback':
        return answered(200, JSON.stringify({ feedback: { value: 1 } }))
    }
  }

  const faultFor = (change: Change): Fault => {
    const ofDead = dead.get(change.model)
    if (ofDead !== undefined) return ofDead
    if (!isFaulty) return 'well'
    return dice.weighted(usual)
  }

  return {
    values,

    /** From now on the functions of the model do nothing but this. */
    kill(model: string, fault: Fault): void {
      dead.set(model, fault)
    },

    heal(): void {
      isFaulty = false
      dead.clear()
    },

    /** Answers as a function over HTTP, or when the signal fires. Never twice. */
    call(
      target: Target,
      change: Change,
      signal: AbortSignal,
      answer: (outcome: Outcome) => void,
    ): void {
      const fault = faultFor(change)
      const name = `${change.operation} ${keyOf(change)}`
      const tell = (reply: Exclude<Reply, 'never'>): void => {
        signal.removeEventListener('abort', onAbort)
        const context = {
          target: target.step,
          operation: change.operation,
          now: timeline.now(),
        }
        const outcome =
          'answer' in reply
            ? outcomeOfAnswer(reply.answer, context)
            : outcomeOfNoAnswer(reply.failure, context)
        timeline.note(`  ${name} answered ${outcome.kind}`)
        answer(outcome)
      }
      const onAbort = (): void => {
        cancel()
        tell({ failure: { kind: 'deadline', detail: 'No answer in time' } })
      }
      const arriveMs = dice.between(1, isFaulty ? 60 : 5)
      timeline.note(`  ${name} called, ${fault}`)
      timeline.after(arriveMs, () => {
        if (!faults[fault].does) return
        carryOut(change)
        // The network may deliver it once more.
        if (isFaulty && dice.chance(0.05))
          timeline.after(dice.between(1, 3_000), () => carryOut(change))
      })
      const reply = replyOf(fault, change)
      const tookMs = arriveMs + dice.between(1, isFaulty && dice.chance(0.2) ? 3_000 : 40)
      const cancel = reply === 'never' ? () => undefined : timeline.after(tookMs, () => tell(reply))
      signal.addEventListener('abort', onAbort, { once: true })
    },
  }
}
