import type { Description } from '#contract'
import { failed, passed, skipped, type Check, type Result } from './check.ts'
import { checks } from './checks/index.ts'
import { descriptionIn } from './described.ts'
import type { Reply } from './exchange.ts'
import { cameOf, isTaken } from './expectations.ts'
import {
  ask,
  authorization,
  createTested,
  type Samples,
  type Tested,
  type TestedOptions,
} from './tested.ts'
import { within } from './within.ts'

/** How one check ended. */
export type CheckResult = {
  readonly id: string
  /** What is true of a function that passes. */
  readonly says: string
  readonly result: Result
  readonly tookMs: number
}

export type Report = {
  readonly url: string
  /** In the order in which they ran. */
  readonly results: readonly CheckResult[]
}

export type ConformanceOptions = TestedOptions & {
  /**
   * The records to call the function for, once it is known what it says of itself; undefined: it says nothing. What this
   * rejects with, {@link runChecks} does.
   */
  readonly samplesFor: (description: Description | undefined) => Promise<Samples>
  /** Ids of checks that do not count. */
  readonly skip: ReadonlySet<string>
  readonly onResult: (result: CheckResult) => void
}

type CheckName = Pick<Check, 'id' | 'says'>

const reachable: CheckName = {
  id: 'reachable',
  says: 'The function answers at its URL, and lets its caller in',
}

/** What can be checked, in the order in which that happens: ids, and what they say. */
export const checkNames: readonly CheckName[] = [reachable, ...checks]

const everyMs = 50

/** A process that was just started may take so long until it listens. */
const startMs = 60_000

const describe = (options: TestedOptions): Promise<Reply> =>
  ask(options, {
    method: 'GET',
    url: options.url,
    headers: authorization(options.token),
    body: '',
  })

/** The answer of a function to GET; a process that was started here is waited for. */
const firstReply = async (options: TestedOptions): Promise<Reply> => {
  const { process, clock, stop } = options
  const latest = clock.now() + startMs
  for (;;) {
    const reply = await describe(options)
    if ('answer' in reply || process === undefined || stop.aborted) return reply
    if (clock.now() > latest) return reply
    const ended = await within(clock, everyMs, process.ended)
    if (ended !== undefined) {
      return { failure: { kind: 'no-connection', detail: `the process ended: ${ended}` } }
    }
  }
}

const adviceOn = (reply: Reply, { process }: TestedOptions): string => {
  if ('answer' in reply) return 'Set SYNCSTEP_FUNCTION_TOKEN to the token that the function knows.'
  return process === undefined
    ? 'Start the function, or let --command start it.'
    : 'Listen on the port that PORT names, on all addresses.'
}

const reachability = (reply: Reply, options: TestedOptions): Result => {
  const isLetIn = 'answer' in reply && ![401, 403].includes(reply.answer.status)
  if (isLetIn) return passed
  const expected = `GET ${options.url} to be answered, and not with 401 or 403`
  return failed({ expected, came: cameOf(reply), advice: adviceOn(reply, options) })
}

/** One fault that is in the way of all calls is told once. */
const runOn = async (tested: Tested, check: Check): Promise<Result> =>
  check.needsSync === true && tested.calls.length > 0 && !tested.calls.some(isTaken)
    ? skipped('It takes no event in either mode: see binary-mode and structured-mode')
    : check.run(tested)

/**
 * Looks at a function from outside: whether it keeps the function contract. It is called for real, and what it brings
 * about for the sample is taken away again, unless it is at fault.
 */
export const runChecks = async (options: ConformanceOptions): Promise<Report> => {
  const { url, clock, stop, skip, samplesFor, onResult } = options
  const results: CheckResult[] = []

  const keep = async ({ id, says }: CheckName, run: () => Promise<Result>): Promise<Result> => {
    const began = clock.now()
    const result = skip.has(id) ? skipped('As you asked') : await run()
    if (stop.aborted) return result
    const checked = { id, says, result, tookMs: clock.now() - began }
    results.push(checked)
    onResult(checked)
    return result
  }

  const runAll = async (tested: Tested): Promise<void> => {
    for (const check of checks) {
      if (stop.aborted) return
      await keep(check, () => runOn(tested, check))
    }
  }

  const reply = await firstReply(options)
  const { verdict } = await keep(reachable, async () => reachability(reply, options))
  if (verdict === 'failed') {
    for (const check of checks) await keep(check, async () => skipped('See reachable'))
    return { url, results }
  }
  const samples = await samplesFor(descriptionIn(reply))
  await runAll(createTested(options, samples, reply))
  return { url, results }
}
