import type { Answer } from '#contract'
import { eachOf, failed, passed, skipped, type Check, type Result } from '../check.ts'
import { cameOf, statusOf } from '../expectations.ts'
import { observedIn } from '../described.ts'
import { ask, type Tested } from '../tested.ts'

/** Whoever probes has no token. */
const probeAnswers = (tested: Tested, path: string): Promise<Result> =>
  eachOf(['GET', 'HEAD'], async (method) => {
    const url = new URL(path, tested.url).href
    const reply = await ask(tested, { method, url, headers: {}, body: '' })
    if (statusOf(reply) === 200) return passed
    return failed({
      expected: `${method} ${path} to be answered 200`,
      came: cameOf(reply),
      advice: 'Knative sends nothing to a function that is not ready. It asks without a token.',
    })
  })

const probe = (name: string): Check => ({
  id: name,
  says: `GET and HEAD of /health/${name} are answered 200`,
  run: (tested) => probeAnswers(tested, `/health/${name}`),
})

const isNotServed = ({ status }: Answer): boolean => [404, 405, 501].includes(status)

const description: Check = {
  id: 'description',
  says: 'GET answers what it observes',
  async run({ description: reply, samples }) {
    const { model } = samples.synced
    if ('answer' in reply && isNotServed(reply.answer)) {
      return skipped(
        'It does not describe itself: set functions.NAME.observes and include in config.yaml',
      )
    }
    if (observedIn(reply) === model) return passed
    return failed({
      expected: `GET to be answered 200 and {"observes": "${model}", "include": [PATHS]}`,
      came: cameOf(reply),
      advice: `When it observes another model than ${model}, give a record of that one.`,
    })
  },
}

/** What platforms and dispatchers ask of the function beside events. */
export const probeChecks: readonly Check[] = [probe('liveness'), probe('readiness'), description]
