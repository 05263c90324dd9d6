import { maxEventBytes } from '#contract'
import {
  dataOf,
  json,
  parsed,
  problem,
  recordOf,
  token,
  type Answer,
  type Fault,
  type Received,
} from './color-function.ts'

/** A function that is broken in one way, and what its author is told. */
type Broken = {
  /** Made anew for each function: some remember what came before. */
  readonly fault: () => Fault
  /** Of the message: what was expected and what came. */
  readonly told: RegExp
}

const header = ({ headers }: Received, name: string): string => {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

const isDeleteOf = (received: Received, id: number): boolean =>
  header(received, 'ce-type').includes('delete') && recordOf(received)['id'] === id

const done = json(200, {})
const broken = problem(500, 'TypeError')

/** Answers so what comes so, and everything else as it should. */
const when =
  (isMeant: (received: Received) => boolean, instead: Answer) => (): Fault => (received, answer) =>
    isMeant(received) ? instead : answer(received)

/** Answers otherwise in the place of an answer. */
const inPlaceOf =
  (isMeant: (answer: Answer) => boolean, instead: (answer: Answer) => Answer) =>
  (): Fault =>
  (received, answer) => {
    const good = answer(received)
    return isMeant(good) ? instead(good) : good
  }

const asKnown = (received: Received): Received => ({
  ...received,
  headers: { ...received.headers, authorization: `Bearer ${token}` },
})

/** Answers otherwise from the second time on that something of the same name comes. */
const fromSecond =
  (nameOf: (received: Received) => string | undefined, instead: Answer) => (): Fault => {
    const seen = new Set<string>()
    return (received, answer) => {
      const name = nameOf(received)
      const isSecond = name !== undefined && seen.has(name)
      if (name !== undefined) seen.add(name)
      return isSecond ? instead : answer(received)
    }
  }

/** A body that was refused before it was read is taken for the beginning of the next request. */
const leftover = (): Fault => {
  const used = new WeakSet()
  return (received, answer) => {
    if (used.has(received.socket)) return problem(400, 'Bad request')
    used.add(received.socket)
    return answer(received)
  }
}

const onlyOnce = (): Fault => {
  let deletes = 0
  return (received, answer) => {
    if (isDeleteOf(received, 7)) deletes += 1
    return isDeleteOf(received, 7) && deletes === 1 ? broken : answer(received)
  }
}

const withHeader = (answer: Answer, name: string, value: string): Answer => ({
  ...answer,
  headers: { ...answer.headers, [name]: value },
})

/** By the id of the check that finds it. */
export const faults: Readonly<Record<string, Broken>> = {
  liveness: {
    fault: when(({ path }) => path === '/health/liveness', broken),
    told: /Expected GET \/health\/liveness to be answered 200, got HTTP 500/,
  },
  readiness: {
    fault: when(
      ({ path, method }) => path === '/health/readiness' && method === 'HEAD',
      problem(405, 'GET only'),
    ),
    told: /Expected HEAD \/health\/readiness to be answered 200, got HTTP 405 without a body/,
  },
  description: {
    fault: when(({ path, method }) => path === '/' && method === 'GET', json(200, ['Color'])),
    told: /Expected GET to be answered 200 and \{"observes": "Color".*, got HTTP 200: \["Color"\]/,
  },
  'binary-mode': {
    fault: () => {
      let isFirst = true
      return (received, answer) => {
        const meant = isFirst && header(received, 'ce-type') !== ''
        if (meant) isFirst = false
        return meant ? problem(400, 'No event in the body') : answer(received)
      }
    },
    told: /Expected a sync in binary mode to be answered 200.*, got HTTP 400: .*No event in the body/,
  },
  'structured-mode': {
    fault: () => {
      let isFirst = true
      return (received, answer) => {
        const meant = isFirst && header(received, 'content-type').includes('cloudevents')
        if (meant) isFirst = false
        return meant ? problem(415, 'Only JSON') : answer(received)
      }
    },
    told: /Expected a sync in structured mode to be answered 200.*, got HTTP 415: .*Only JSON/,
  },
  'all-attributes': {
    fault: when((received) => header(received, 'ce-completionurl') !== '', broken),
    told: /Expected a sync in binary mode with all attributes to be answered.*, got HTTP 500/,
  },
  'unknown-attributes': {
    fault: when((received) => header(received, 'ce-nobodyknows') !== '', problem(400, 'Unknown')),
    told: /Expected a sync in binary mode with ce-nobodyknows to be answered.*, got HTTP 400/,
  },
  'unknown-data': {
    fault: when(
      (received) => Array.isArray(dataOf(received)['nobodyknows']),
      problem(400, 'Unknown'),
    ),
    told: /Expected a sync whose data has "nobodyknows" to be answered.*, got HTTP 400/,
  },
  'percent-encoding': {
    fault: when((received) => header(received, 'ce-type').includes('%'), problem(400, 'Unknown')),
    told: /Expected a sync with ce-type and ce-subject percent-encoded to be answered.*, got HTTP 400/,
  },
  charset: {
    fault: when(
      (received) => header(received, 'content-type') === 'application/json; charset=UTF-8',
      problem(415, 'Only JSON'),
    ),
    told: /Expected a sync of application\/json; charset=UTF-8 to be answered.*, got HTTP 415/,
  },
  retried: {
    fault: when((received) => 'previous' in dataOf(received), broken),
    told: /Expected a sync for the second time to be answered.*, got HTTP 500/,
  },
  duplicate: {
    fault: fromSecond(
      (received) => header(received, 'ce-id') || undefined,
      json(200, { feedback: { shade: 'light' } }),
    ),
    told: /Expected the same event to be answered as before, HTTP 200: .*dark.*, got HTTP 200: .*light/,
  },
  'largest-event': {
    fault: when(
      ({ body }) => body.length > 100_000 && body.length <= maxEventBytes,
      problem(413, 'More than 100 kB'),
    ),
    told: /Expected a sync of 1048576 bytes to be answered.*, got HTTP 413: .*More than 100 kB/,
  },
  'too-large': {
    fault: when(({ body }) => body.length > maxEventBytes, done),
    told: /Expected a body of 1048577 bytes to be refused with 413, got HTTP 200/,
  },
  'kept-connection': {
    fault: leftover,
    told: /Expected a sync by the connection of a refused call to be answered.*, got HTTP 400/,
  },
  concurrent: {
    fault: when((received) => Number(recordOf(received)['id']) >= 2_000_000_000, broken),
    told: /Expected a delete among others to be answered.*, got HTTP 500/,
  },
  'malformed-json': {
    fault: when(
      ({ method, path, body }) =>
        method === 'POST' &&
        path === '/' &&
        body.length > 20 &&
        parsed(body.toString()) === undefined,
      broken,
    ),
    told: /Expected half a body in binary mode to be refused with 400, got HTTP 500/,
  },
  'missing-attributes': {
    fault: when(
      (received) => header(received, 'ce-type') !== '' && header(received, 'ce-source') === '',
      done,
    ),
    told: /Expected an event in binary mode without source to be refused with 400, got HTTP 200/,
  },
  'other-version': {
    fault: when((received) => header(received, 'ce-specversion') === '0.3', done),
    told: /Expected an event of specversion 0\.3 to be refused with 400, got HTTP 200/,
  },
  'media-type': {
    fault: when((received) => header(received, 'content-type') === 'text/xml', done),
    told: /Expected data of text\/xml to be refused with 400 or 415, got HTTP 200/,
  },
  'malformed-data': {
    fault: when(({ body }) => body.toString() === 'null', broken),
    told: /Expected the data null to be refused with 400 or 422, got HTTP 500/,
  },
  'unknown-type': {
    fault: when((received) => header(received, 'ce-type').includes('rename'), broken),
    told: /Expected an event of type \S+rename_record\.v1 to be refused with 400, 415 or 422, got HTTP 500/,
  },
  'wrong-model': {
    fault: when(
      (received) =>
        dataOf(received)['model'] === 'AnotherColor' && dataOf(received)['operation'] === 'sync',
      done,
    ),
    told: /Expected a record of AnotherColor to be refused with 400 or 422, got HTTP 200/,
  },
  'deadline-passed': {
    fault: inPlaceOf(
      ({ body }) => body.includes('Too late'),
      () => done,
    ),
    told: /Expected a sync that expired a minute ago to be answered 500, got HTTP 200/,
  },
  'other-method': {
    fault: when(({ method }) => method === 'PUT', done),
    told: /Expected a PUT to be refused with 405, got HTTP 200/,
  },
  'no-token': {
    fault: () => (received, answer) =>
      answer(received.headers.authorization === undefined ? asKnown(received) : received),
    told: /Expected a sync without a token to be refused with 401 or 403, got HTTP 200/,
  },
  'wrong-token': {
    fault: () => (received, answer) =>
      answer(received.headers.authorization === undefined ? received : asKnown(received)),
    told: /Expected a sync with another token to be refused with 401 or 403, got HTTP 200/,
  },
  deferred: {
    fault: inPlaceOf(
      ({ status }) => status === 409,
      () => broken,
    ),
    told: /Expected a sync of what it puts off to be answered 409, got HTTP 500/,
  },
  refused: {
    fault: inPlaceOf(
      ({ body }) => body.includes('Never'),
      () => broken,
    ),
    told: /Expected a sync of what it will never do to be answered 422, got HTTP 500/,
  },
  delete: {
    fault: onlyOnce,
    told: /Expected a delete to be answered.*, got HTTP 500/,
  },
  'delete-gone': {
    fault: fromSecond(
      (received) => (isDeleteOf(received, 7) ? 'a delete' : undefined),
      problem(404, 'No such color'),
    ),
    told: /Expected a delete of what was deleted to be answered.*, got HTTP 404: .*No such color/,
  },
  problems: {
    fault: inPlaceOf(
      ({ status }) => status === 400,
      ({ status }) => ({ status, headers: { 'content-type': 'text/plain' }, body: 'Bad request' }),
    ),
    told: /to be refused with application\/problem\+json that has a detail, got HTTP 400: Bad request \(text\/plain\)/,
  },
  'retry-after': {
    fault: inPlaceOf(
      ({ status }) => status === 409,
      (answer) => withHeader(answer, 'retry-after', 'soon'),
    ),
    told: /Expected Retry-After of the answer to a sync of what it puts off to be whole seconds or an HTTP date, got "soon"/,
  },
  'waiting-on': {
    fault: inPlaceOf(
      ({ status }) => status === 409,
      () => problem(409, 'Not yet', { waiting_on: { model: 'Page', id: '3' } }),
    ),
    told: /Expected waiting_on of the answer to a sync of what it puts off to be .*, got \{"model":"Page","id":"3"\}/,
  },
}
