import { afterEach, beforeAll, expect, test } from 'vitest'
import type { Dependency, Outcome, RegisteredStep } from '#contract'
import { asAdministrator, openTestStore, reportOn, type TestStore } from '../../support/store.ts'

const models = `
option name = "yard";
option app_label = "yard";

message Crane (XOSBase) {
  required string name = 1 [tosca_key = True];
}
message Track (XOSBase) {
  required string name = 1 [tosca_key = True];
  optional manytoone crane->Crane:tracks = 2:1001;
}
message Wagon (XOSBase) {
  required string name = 1 [tosca_key = True];
  optional manytoone track->Track:wagons = 2:1001;
}
message Coupling (XOSBase) {
  required manytoone front->Wagon:couplings_behind = 1:1002;
  required manytoone back->Wagon:couplings_ahead = 2:1003;
}
message Relay (Service) {
}
message RelayInstance (ServiceInstance) {
  option owner_class_name = "Relay";
}
`

const observed = ['Crane', 'Wagon', 'Relay', 'RelayInstance']
const steps: readonly RegisteredStep[] = observed.map((model) => ({
  step: model.toLowerCase(),
  model,
  include: [],
}))

let under: TestStore

const load = (dependencies?: readonly Dependency[], synchronizer = 'yard', brought = steps) =>
  under.work.register({
    name: synchronizer,
    version: '1',
    models: synchronizer === 'yard' ? [{ filename: 'yard.xproto', contents: models }] : [],
    steps: brought,
    requiredModels: [],
    ...(dependencies === undefined ? {} : { dependencies }),
  })

const onCrane: Dependency = { model: 'Wagon', on: 'Crane', path: 'track.crane' }
const onFront: Dependency = { model: 'Wagon', on: 'Wagon', path: 'couplings_ahead.front' }

beforeAll(async () => {
  under = await openTestStore()
  await load()
})

afterEach(async () => {
  await under.clear()
  await load()
})

const records = () => asAdministrator(under.store)

const create = async (model: string, fields: Record<string, unknown> = {}): Promise<number> =>
  Number((await records().create(model, fields))['id'])

const synced: Outcome = { kind: 'synced' }

/** Leases what is due of every model and lets it succeed, as `Model/id operation`. */
const runDue = async (): Promise<readonly string[]> => {
  const work = await under.lease(observed)
  await under.work.report(
    'tester',
    work.map((one) => reportOn(one, synced)),
  )
  return work.map(({ key, operation }) => `${key.model}/${key.id} ${operation}`)
}

const runAll = async (): Promise<readonly (readonly string[])[]> => {
  const rounds = []
  for (;;) {
    const round = await runDue()
    if (round.length === 0) return rounds
    rounds.push(round.toSorted())
  }
}

const statusOf = async (model: string, id: number) => (await records().get(model, id))['backend_status'] // prettier-ignore

/** A wagon on a track at a crane, all of them pending. */
const createLine = async () => {
  const crane = await create('Crane', { name: 'crane' })
  const track = await create('Track', { name: 'track', crane_id: crane })
  const wagon = await create('Wagon', { name: 'wagon', track_id: track })
  return { crane, track, wagon }
}

const coupled = async () => {
  const front = await create('Wagon', { name: 'front' })
  const back = await create('Wagon', { name: 'back' })
  const coupling = await create('Coupling', { front_id: front, back_id: back })
  return { front, back, coupling }
}

test('a record does not wait over another one that nobody observes, unless dependency_graph says so', async () => {
  await createLine()
  expect(await runAll()).toEqual([['Crane/1 sync', 'Wagon/1 sync']])
})

test('a record waits along a path of dependency_graph, and says so', async () => {
  await load([onCrane])
  const { wagon } = await createLine()

  expect(await runDue()).toEqual(['Crane/1 sync'])
  expect(await statusOf('Wagon', wagon)).toBe('Waiting for Crane 1: Provisioning in progress')
  expect(await runAll()).toEqual([['Wagon/1 sync']])
})

test('a path counts for records that were there before it, and no longer when it is gone', async () => {
  await createLine()
  await load([onCrane])
  expect(await runDue()).toEqual(['Crane/1 sync'])

  await records().update('Crane', 1, {})
  await records().update('Wagon', 1, {})
  await load()
  expect(await runAll()).toEqual([['Crane/1 sync', 'Wagon/1 sync']])
})

test('only those wait from whom a path leads to what is pending', async () => {
  await load([onCrane])
  await createLine()
  await create('Wagon', { name: 'elsewhere' })

  expect(await runAll()).toEqual([['Crane/1 sync', 'Wagon/2 sync'], ['Wagon/1 sync']])
})

test('nobody waits along a path to a model that nobody observes', async () => {
  await load(
    [onCrane],
    'yard',
    steps.filter(({ model }) => model !== 'Crane'),
  )
  await createLine()

  expect(await runAll()).toEqual([['Wagon/1 sync']])
})

test('a record that waits over another one runs when that leads elsewhere', async () => {
  await load([onCrane])
  const { track } = await createLine()
  expect(await under.lease(['Crane'])).toHaveLength(1)
  expect(await under.lease(['Wagon'])).toEqual([])

  await records().update('Track', track, { crane_id: null })
  expect((await under.lease(['Wagon'])).map(({ key }) => key.id)).toEqual([1])
})

test('a record waits for the one that it came to be led to', async () => {
  await load([onCrane])
  const { track } = await createLine()
  await runAll()
  const other = await create('Crane', { name: 'other' })
  await records().update('Track', track, { crane_id: other })
  await records().update('Wagon', 1, {})

  expect(await runAll()).toEqual([['Crane/2 sync'], ['Wagon/1 sync']])
})

test('a path may lead over records that link to both, and is gone with them', async () => {
  await load([onFront])
  const { front, back, coupling } = await coupled()
  expect(await runAll()).toEqual([['Wagon/1 sync'], ['Wagon/2 sync']])

  await records().update('Wagon', front, {})
  await records().update('Wagon', back, {})
  expect(await runDue()).toEqual(['Wagon/1 sync'])

  await records().update('Wagon', front, {})
  await records().update('Wagon', back, {})
  const [leased] = await under.lease(['Wagon'])
  expect(leased?.key.id).toBe(front)
  await records().remove('Coupling', coupling)
  expect(await runDue()).toEqual(['Wagon/2 sync'])
})

test.each([['the front first'], ['the back first']])(
  'deletes run in reverse although what was in between went with them: %s',
  async (order) => {
    await load([onFront])
    const { front, back } = await coupled()
    await runAll()
    const ids = order === 'the front first' ? [front, back] : [back, front]
    for (const id of ids) await records().remove('Wagon', id)

    expect(await runAll()).toEqual([['Wagon/2 delete'], ['Wagon/1 delete']])
  },
)

test('who waits is the same whether it was written down as links came, or for all of them at once', async () => {
  const graph: readonly Dependency[] = [
    onCrane,
    onFront,
    { model: 'Crane', on: 'Coupling', path: 'tracks.wagons.couplings_behind' },
    { model: 'Coupling', on: 'Crane', path: 'front.track.crane' },
    { model: 'Track', on: 'Wagon', path: 'wagons.couplings_ahead.front' },
  ]
  const edges = () =>
    under.database.query(`select * from edge order by root, id, on_root, on_id, via`)
  await load(graph)
  const cranes = [await create('Crane', { name: 'a' }), await create('Crane', { name: 'b' })]
  const tracks = []
  for (const crane of [...cranes, ...cranes]) {
    tracks.push(await create('Track', { name: `track ${tracks.length}`, crane_id: crane }))
  }
  const wagons = []
  for (const track of [...tracks, ...tracks]) {
    wagons.push(await create('Wagon', { name: `wagon ${wagons.length}`, track_id: track }))
  }
  for (const [index, front] of wagons.entries()) {
    await create('Coupling', { front_id: front, back_id: wagons[(index * 3 + 1) % wagons.length] })
  }
  const written = await edges()
  expect(written.length).toBeGreaterThan(30)

  await load()
  await load(graph)
  expect(await edges()).toEqual(written)

  for (const [index, wagon] of wagons.entries()) {
    await records().update('Wagon', wagon, { track_id: tracks[(index * 5 + 2) % tracks.length] })
  }
  await records().update('Track', tracks[0]!, { crane_id: cranes[1] })
  await records().remove('Coupling', 2)
  const changed = await edges()
  await load()
  await load(graph)
  expect(await edges()).toEqual(changed)
})

test('circles of records along paths are named', async () => {
  await load([onFront])
  const { front, back } = await coupled()
  await create('Coupling', { front_id: back, back_id: front })

  expect(await runAll()).toEqual([])
  expect(await statusOf('Wagon', front)).toMatch(
    /^These wait for each other.*: Wagon \d -> Wagon \d -> Wagon \d$/,
  )
  expect(await statusOf('Wagon', back)).toMatch(
    /^These wait for each other.*: Wagon \d -> Wagon \d -> Wagon \d$/,
  )
})

test('provider instances come before those that subscribe to them, and go after them', async () => {
  await create('Relay', { name: 'relay' })
  const provider = await create('RelayInstance', { name: 'provider', owner_id: 1 })
  const subscriber = await create('RelayInstance', { name: 'subscriber', owner_id: 1 })
  const link = {
    provider_service_instance_id: provider,
    subscriber_service_instance_id: subscriber,
  }
  await create('ServiceInstanceLink', link)

  expect(await runAll()).toEqual([
    ['Relay/1 sync'],
    ['RelayInstance/1 sync'],
    ['RelayInstance/2 sync'],
  ])
  await records().remove('RelayInstance', subscriber)
  await records().remove('RelayInstance', provider)
  expect(await runAll()).toEqual([['RelayInstance/2 delete'], ['RelayInstance/1 delete']])
})

test('provider services come before those that depend on them', async () => {
  await create('Relay', { name: 'subscriber' })
  await create('Relay', { name: 'provider' })
  await create('ServiceDependency', { subscriber_service_id: 1, provider_service_id: 2 })

  expect(await runAll()).toEqual([['Relay/2 sync'], ['Relay/1 sync']])
})

test.each([
  [{ model: 'Waggon', on: 'Crane', path: '' }, 'there is no model Waggon'],
  [{ model: 'Wagon', on: 'Crane', path: 'tracks.crane' }, 'Wagon has no link named tracks'],
  [{ model: 'Wagon', on: 'Crane', path: 'track' }, 'track leads to Track'],
  [{ model: 'Wagon', on: 'Crane', path: '' }, 'Wagon has no link to Crane; name the links that lead there, such as slice.network'], // prettier-ignore
  [{ model: 'Track', on: 'Wagon', path: 'wagons' }, 'each Wagon waits for the Track that it links to, so neither would ever run'], // prettier-ignore
  [{ model: 'Wagon', on: 'Crane', path: 'track.wagons.track.crane' }, 'expected at most 3 links in a row, got 4'], // prettier-ignore
])(
  'dependency_graph is refused where the models do not have it: %j',
  async (dependency, finding) => {
    const { model, on } = dependency
    await expect(load([dependency])).rejects.toThrow(
      `yard: dependency_graph: ${model} on ${on}: ${finding}`,
    )
  },
)

test('a link of the model itself may be named, or left to be found', async () => {
  await load([
    { model: 'Wagon', on: 'Track', path: 'track' },
    { model: 'RelayInstance', on: 'Relay', path: '' },
  ])
})

test('models keep what the dependency_graph of another synchronizer leads over', async () => {
  await load([onCrane], 'other', [])
  const fewer = models.replace('optional manytoone crane->Crane:tracks = 2:1001;', '')

  await expect(under.load(fewer, steps, 'yard')).rejects.toThrow(
    'other needs the models as they were: dependency_graph: Wagon on Crane: Track has no link named crane. Change or stop other first.',
  )
  await load([], 'other', [])
})

test('models that may wait for each other are told when they are registered', async () => {
  const all = [...observed, 'Track'].map((model) => ({
    step: model.toLowerCase(),
    model,
    include: [],
  }))
  expect(await load([onCrane, onFront], 'yard', all)).toEqual([])

  expect(await load([{ model: 'Crane', on: 'Wagon', path: 'tracks.wagons' }], 'yard', all)).toEqual(
    [
      'Models may wait for each other: Crane -(tracks.wagons)-> Wagon -(track)-> Track -(crane)-> Crane. Records that do are never synced; each of them says so.',
    ],
  )
})

test('of models that nobody observes no circle is told', async () => {
  expect(await load([{ model: 'Crane', on: 'Wagon', path: 'tracks.wagons' }])).toEqual([])
})
