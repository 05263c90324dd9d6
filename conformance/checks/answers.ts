import { waitingOnFrom, type Answer } from '#contract'
import { failed, passed, skipped, type Check, type Finding, type Result } from '../check.ts'
import { cameOf } from '../expectations.ts'
import type { Call, Tested } from '../tested.ts'

type Answered = Call & { readonly answer: Answer }

const answered = (tested: Tested, isMeant: (answer: Answer) => boolean): readonly Answered[] =>
  tested.calls.flatMap((call) =>
    'answer' in call.reply && isMeant(call.reply.answer)
      ? [{ ...call, answer: call.reply.answer }]
      : [],
  )

/** Looks at all answers of that kind; there may have been none. */
const lookAt = (
  calls: readonly Answered[],
  kind: string,
  findingIn: (call: Answered) => Finding | undefined,
): Promise<Result> => {
  if (calls.length === 0) return Promise.resolve(skipped(`No answer ${kind}`))
  const finding = calls.map(findingIn).find((found) => found !== undefined)
  return Promise.resolve(finding === undefined ? passed : failed(finding))
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The JSON object of a body; undefined when it is none. */
const objectIn = ({ body }: Answer): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const typeOf = (answer: Answer): string =>
  answer.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''

const isProblem = (answer: Answer): boolean => {
  const { detail, title } = objectIn(answer) ?? {}
  return (
    typeOf(answer) === 'application/problem+json' &&
    [detail, title].some((text) => typeof text === 'string' && text !== '')
  )
}

const problems: Check = {
  id: 'problems',
  says: 'Each refusal says why in application/problem+json',
  run: (tested) =>
    lookAt(
      answered(tested, ({ status }) => status >= 400),
      'was a refusal',
      ({ what, reply, answer }) =>
        isProblem(answer)
          ? undefined
          : {
              expected: `${what} to be refused with application/problem+json that has a detail`,
              came: `${cameOf(reply)} (${typeOf(answer) || 'no Content-Type'})`,
              advice:
                'Answer {"status", "title", "detail"} (RFC 9457): the detail becomes backend_status. Without it a 404, 502, 503 or 504 is taken for the answer of a proxy.',
            },
    ),
}

const laterStatuses = [202, 409, 429, 503]

const retryAfter: Check = {
  id: 'retry-after',
  says: 'Each Retry-After can be read',
  run: (tested) =>
    lookAt(
      answered(
        tested,
        (answer) =>
          laterStatuses.includes(answer.status) && answer.header('retry-after') !== undefined,
      ),
      'had a Retry-After',
      ({ what, outcome, answer }) =>
        'retryAfterMs' in outcome
          ? undefined
          : {
              expected: `Retry-After of the answer to ${what} to be whole seconds or an HTTP date`,
              came: `"${answer.header('retry-after') ?? ''}"`,
              advice:
                'Write Retry-After: 5, or Sat, 31 Jan 2026 12:00:00 GMT. It counts an hour at most.',
            },
    ),
}

const waitingOn: Check = {
  id: 'waiting-on',
  says: 'Each waiting_on names a record',
  run: (tested) =>
    lookAt(
      answered(
        tested,
        (answer) =>
          [202, 409].includes(answer.status) && Object.hasOwn(objectIn(answer) ?? {}, 'waiting_on'),
      ),
      'had a waiting_on',
      ({ what, answer }) => {
        const value = objectIn(answer)?.['waiting_on']
        if (waitingOnFrom(value) !== undefined) return undefined
        return {
          expected: `waiting_on of the answer to ${what} to be {"model", "id", "state"?}`,
          came: JSON.stringify(value),
          advice:
            'The id is a number, and state, which may be left out, is synced, changed or deleted. Else the record waits for its delay alone.',
        }
      },
    ),
}

const inTime: Check = {
  id: 'in-time',
  says: 'Each call is answered before its deadline',
  async run({ calls, timeoutMs }) {
    const late = calls.find(({ reply }) => 'failure' in reply && reply.failure.kind === 'deadline')
    if (late === undefined) return passed
    return failed({
      expected: `an answer to ${late.what} within ${timeoutMs / 1000} s`,
      came: 'none',
      advice:
        'Answer 202 when the work takes longer, and complete the call later at its completionurl; or give the function more time: --timeout here, functions.NAME.timeout in config.yaml.',
    })
  },
}

/** What all answers so far have to be like. They come last. */
export const answerChecks: readonly Check[] = [inTime, problems, retryAfter, waitingOn]
