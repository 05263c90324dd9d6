import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Outcome, RegisteredPolicy, Work } from '#contract'
import { CoreError } from '#core'
import {
  administrator,
  asAdministrator,
  helloWorldSteps,
  openTestStore,
  reportOn,
  type TestStore,
} from '../../support/store.ts'
import { openTestDatabase } from '../../support/database.ts'
import { recordChange } from '../../support/record-change.ts'

const models = `
option name = "hello-world";
option app_label = "hello-world";

message HelloWorldService (Service) {
  required string hello_from = 1 [max_length = 254];
  optional int32 heard = 2 [feedback_state = True];
}

message HelloWorldServiceInstance (ServiceInstance) {
  option owner_class_name = "HelloWorldService";
  required string hello_to = 1 [max_length = 254];
}
`

const service = 'HelloWorldService'
const day = 24 * 60 * 60 * 1000
const address = 'https://core.test/'

let under: TestStore
let records: ReturnType<typeof asAdministrator>
let id: number

const open = async (timeoutMs: number, database = openTestDatabase()): Promise<TestStore> => {
  const opened = await openTestStore(await database, {
    completions: { address: () => address, timeoutMs },
  })
  await opened.load(models, helloWorldSteps, 'hello-world')
  return opened
}

beforeAll(async () => {
  under = await open(day)
  records = asAdministrator(under.store)
})

beforeEach(async () => {
  await under.clear()
  id = Number((await records.create(service, { name: 's', hello_from: 'me' }))['id'])
})

const lease = async (): Promise<Work> => {
  const [work] = await under.lease([service])
  if (work === undefined) throw new Error('Expected a record to be due')
  return work
}

const rightOf = ({ completion }: Work): string => completion?.url.slice(address.length) ?? ''

const inProgress: Outcome = { kind: 'in-progress', text: 'Building' }
const synced: Outcome = { kind: 'synced' }

/** A call that was answered 202, and the right to complete it. */
const started = async (): Promise<Work> => {
  const work = await lease()
  await under.work.report('tester', [reportOn(work, inProgress, day)])
  return work
}

const complete = async (work: Work, outcome: Outcome): Promise<void> => {
  const { completions } = under.store
  await completions.complete(await completions.read(rightOf(work)), outcome)
}

const refused = (work: Work, outcome = synced): Promise<unknown> =>
  complete(work, outcome).then(
    () => 'done',
    (error: unknown) => (error instanceof CoreError ? [error.code, error.message] : error),
  )

const status = async () => {
  const { backend_code, backend_status } = await records.get(service, id)
  return [backend_code, backend_status]
}

const attempts = async () => {
  const all = await under.core.operations.attempts(service, id)
  return all.map(({ number, outcome, status: text, durationMs }) => [
    number,
    outcome,
    text,
    durationMs,
  ])
}

describe('a call that was answered 202', () => {
  test('shows its text, and is not made again until it is too late to complete it', async () => {
    const work = await started()

    expect(work.completion).toEqual({ url: expect.any(String) as string, timeoutMs: day })
    expect(await status()).toEqual([0, 'Building'])
    await under.clock.advance(day - 1)
    expect(await under.lease([service])).toEqual([])
    await under.clock.advance(1)
    expect(await under.lease([service])).toHaveLength(1)
  })

  test('is completed as if it had just been answered, with its feedback and its place in the history', async () => {
    const { updated } = await records.get(service, id)
    const work = await started()
    await under.clock.advance(60_000)

    await complete(work, { kind: 'synced', feedback: { heard: 7 }, note: 'built' })

    expect(await records.get(service, id)).toMatchObject({
      backend_code: 1,
      backend_status: 'OK',
      enacted: updated,
      heard: 7,
    })
    expect(await attempts()).toEqual([[1, 'synced', 'built', 60_000]])
    expect(await under.lease([service])).toEqual([])
  })

  test('is completed once', async () => {
    const work = await started()
    await complete(work, synced)

    expect(await refused(work)).toEqual([
      'ALREADY_COMPLETED',
      `The last call for ${service} ${id} was completed before, or answered with something else than 202`,
    ])
    expect(await attempts()).toHaveLength(1)
  })

  test('is completed before the 202 is known, which then comes too late', async () => {
    const work = await lease()
    await complete(work, synced)

    expect(await under.work.report('tester', [reportOn(work, inProgress, day)])).toEqual([
      { key: work.key, token: work.token },
    ])
    expect(await status()).toEqual([1, 'OK'])
    expect(await refused(work)).toEqual(['ALREADY_COMPLETED', expect.any(String)])
  })

  test('is completed although its dispatcher died before it could report', async () => {
    const work = await lease()
    await under.work.leave('tester')

    await complete(work, synced)

    expect(await status()).toEqual([1, 'OK'])
    expect(await under.lease([service])).toEqual([])
  })

  test.each<[Outcome, number | undefined]>([
    [{ kind: 'failed', text: 'No room', retry: true }, 1_000],
    [{ kind: 'failed', text: 'Never', retry: false }, undefined],
    [{ kind: 'deferred', text: 'Later' }, 5_000],
    [{ kind: 'deferred', text: 'Later', retryAfterMs: 70_000 }, 70_000],
  ])('is completed with %j, and made again in %s ms', async (outcome, ms) => {
    const work = await started()
    await complete(work, outcome)

    await under.clock.advance((ms ?? day) - 1)
    expect(await under.lease([service])).toEqual([])
    await under.clock.advance(1)
    expect(await under.lease([service])).toHaveLength(ms === undefined ? 0 : 1)
  })

  test('fails by completion later each time', async () => {
    for (const ms of [1_000, 2_000, 4_000]) {
      await complete(await started(), { kind: 'failed', text: 'No room', retry: true })
      await under.clock.advance(ms - 1)
      expect(await under.lease([service])).toEqual([])
      await under.clock.advance(1)
    }
  })

  test('waits for another record when its completion says so', async () => {
    const work = await started()
    const other = Number((await records.create(service, { name: 't', hello_from: 'me' }))['id'])
    const waitingOn = { model: service, id: other, state: 'changed' } as const
    await complete(work, { kind: 'deferred', text: 'No t', retryAfterMs: day, waitingOn })

    await records.update(service, other, { hello_from: 'you' })

    expect((await under.lease([service])).map(({ key }) => key.id)).toContain(id)
  })
})

describe('a record that has moved on', () => {
  test('stays pending when it was edited, though what was sent is done', async () => {
    const { updated } = await records.get(service, id)
    const work = await started()
    await under.clock.advance(1)
    await records.update(service, id, { hello_from: 'you' })

    await complete(work, synced)

    expect(await records.get(service, id)).toMatchObject({ enacted: updated, backend_code: 1 })
    expect(recordChange((await lease()).change).record).toMatchObject({ hello_from: 'you' })
  })

  test('is not completed by a call before its last one', async () => {
    const work = await started()
    await records.update(service, id, { hello_from: 'you' })
    const later = await lease()

    const expected = [
      'GONE',
      `${service} ${id} has been called for again: what came of this call counts no more`,
    ]
    expect(await refused(work)).toEqual(expected)
    await under.work.report('tester', [reportOn(later, inProgress, day)])
    expect(await refused(work)).toEqual(expected)
    await complete(later, synced)
    expect(await status()).toEqual([1, 'OK'])
  })

  test('gets its feedback when it was deleted, and then its delete step', async () => {
    const work = await started()
    await records.remove(service, id)

    await complete(work, { kind: 'synced', feedback: { heard: 7 } })

    const deleting = await lease()
    expect(deleting).toMatchObject({ operation: 'delete', change: { record: { heard: 7 } } })
    await under.work.report('tester', [reportOn(deleting, inProgress, day)])
    await complete(deleting, synced)
    expect(await refused(deleting)).toEqual([
      'GONE',
      `${service} ${id} is gone: what came of this call counts no more`,
    ])
  })

  test('is not completed by a call that was answered otherwise', async () => {
    const work = await lease()
    await under.work.report('tester', [reportOn(work, { kind: 'deferred', text: 'No' }, day)])

    expect(await refused(work)).toEqual(['ALREADY_COMPLETED', expect.any(String)])
    expect(await status()).toEqual([0, 'No'])
  })
})

describe('the right to complete a call', () => {
  test('ends when it expires', async () => {
    const work = await started()
    await under.clock.advance(day)

    expect(await refused(work)).toEqual([
      'GONE',
      'The time to complete it is over: what came of this call counts no more',
    ])
  })

  test.each<[string, (right: string) => string]>([
    ['empty', () => ''],
    ['cut', (right) => right.slice(0, -1)],
    ['of another key', (right) => right.replace(/^\d+/, '4711')],
    ['signed by somebody else', (right) => right.slice(0, -43) + 'A'.repeat(43)],
    [
      'about something else',
      (right) => right.replace(/\.[^.]+\./, `.${Buffer.from('[]').toString('base64url')}.`),
    ],
    ['too long', (right) => right.replace('.', `.${'A'.repeat(5_000)}`)],
  ])('is refused when it is %s', async (_what, forge) => {
    const right = forge(rightOf(await started()))

    await expect(under.store.completions.read(right)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: 'This is no address that a call was given to be completed at',
    })
  })

  test('is good on every core of the database', async () => {
    const database = await openTestDatabase()
    const [first, second] = [await open(day, Promise.resolve(database)), under]
    await asAdministrator(first.store).create(service, { name: 's', hello_from: 'me' })
    const [work] = await first.lease([service])
    const right = rightOf(work!)
    const other = await openTestStore(database)

    expect(await other.store.completions.read(right)).toMatchObject({ key: work!.key })
    await expect(second.store.completions.read(right)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
    await first.core.close()
  })

  test('outlives the key that signed it, which is another one each month', async () => {
    const opened = await open(40 * day)
    await asAdministrator(opened.store).create(service, { name: 's', hello_from: 'me' })
    const [work] = await opened.lease([service])
    await opened.clock.advance(31 * day)
    await asAdministrator(opened.store).create(service, { name: 't', hello_from: 'me' })
    const leased = await opened.lease([service])
    const keyOf = (one: Work | undefined) => rightOf(one!).split('.')[0]

    expect(keyOf(leased.at(-1))).not.toBe(keyOf(work))
    expect(await opened.store.completions.read(rightOf(work!))).toMatchObject({ key: work!.key })
    await opened.core.close()
  })

  test('is given to nobody where functions do not reach the core', async () => {
    const opened = await openTestStore()
    await opened.load(models, helloWorldSteps, 'hello-world')
    await asAdministrator(opened.store).create(service, { name: 's', hello_from: 'me' })

    const [work] = await opened.lease([service])

    expect(work).not.toHaveProperty('completion')
    await opened.core.close()
  })
})

describe('beside a policy of the model', () => {
  const register = (policies: readonly RegisteredPolicy[]) =>
    under.work.register({
      name: 'hello-world',
      version: '1',
      models: [{ filename: 'hello-world.xproto', contents: models }],
      steps: helloWorldSteps,
      policies,
      requiredModels: [],
    })

  beforeEach(() =>
    register([
      { step: 'service-policy', model: service, include: [], operations: ['policy_create'] },
    ]),
  )

  const leasePolicy = async (): Promise<Work> => {
    const want = { model: service, limit: 1, kind: 'policy' } as const
    const [work] = (await under.work.lease('tester', [want])).work
    if (work === undefined) throw new Error('Expected a policy to be due')
    return work
  }

  test('a step is completed while that runs, which goes on', async () => {
    const step = await started()
    const policy = await leasePolicy()

    await complete(step, synced)
    expect(await status()).toEqual([1, 'OK'])
    expect(await refused(step)).toMatchObject(['ALREADY_COMPLETED', expect.any(String)])
    expect(await under.lease([service])).toEqual([])
    expect(await under.work.report('tester', [reportOn(policy, synced)])).toEqual([])
  })

  test('a step that works elsewhere is not called again when that is done', async () => {
    const step = await started()
    expect(await under.work.report('tester', [reportOn(await leasePolicy(), synced)])).toEqual([])

    expect(await under.lease([service])).toEqual([])
    await complete(step, synced)
    expect(await status()).toEqual([1, 'OK'])
  })

  test('that is completed later, too, and once', async () => {
    const policy = await leasePolicy()
    await under.work.report('tester', [reportOn(policy, inProgress, day)])
    expect(await under.work.report('tester', [reportOn(await lease(), synced)])).toEqual([])

    await complete(policy, synced)
    expect(await records.get(service, id)).toMatchObject({ policy_code: 1, policy_status: 'done' })
    expect(await refused(policy)).toMatchObject(['ALREADY_COMPLETED', expect.any(String)])
    await register([])
  })
})

test('why tells that a call is under way elsewhere', async () => {
  await started()

  const { reason, sentence } = await under.core.operations.why(administrator, service, id)
  expect([reason, sentence]).toEqual([
    'deferred',
    expect.stringMatching(
      /^Its step put it off: Building. It is tried again in \d+ (s|min|h), at /,
    ),
  ])
})
