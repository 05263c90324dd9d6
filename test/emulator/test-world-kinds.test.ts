import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openPglite } from '#core'
import { DeferredException, type AnyStep, type CoreClient } from '#functions'
import { loadProject } from '../../cli/project.ts'
import { openTestWorld, type TestWorld } from '../../emulator/testing.ts'
import { madePglite } from '../support/made-pglite.ts'
import { coreModels } from '../support/store.ts'
import { inFolder } from '../support/temporary-folder.ts'

const models = `option app_label = "print";
message Page (XOSBase) {
  required string title = 1 [max_length = 40];
  optional string printed = 2 [max_length = 40, feedback_state = True];
}
message Color (XOSBase) {
  required manytoone page->Page:colors = 1:1001;
  required string name = 2 [max_length = 40];
}
`

const config = `name: print
models_dir: models
steps_dir: steps
model_policies_dir: policies
event_steps_dir: events
pull_steps_dir: pulls
`

const files = {
  'config.yaml': config,
  'models/print.xproto': models,
  'steps/page.ts': '',
  'steps/color.ts': '',
  'policies/page-policy.ts': '',
  'events/inked.ts': '',
  'pulls/shelf.ts': '',
}

/** What the printing shop has on its shelf, and whether its network is down. */
let shelf: string[] = []
let isDown = false
let world: TestWorld
/** How many calls there had been before the test. */
let before: number

const syncPage: AnyStep = {
  observes: 'Page',
  after_policy: true,
  sync_record: (o: { readonly title: string }) => ({ printed: o.title.toUpperCase() }),
  delete_record: () => undefined,
}

const syncColor: AnyStep = {
  observes: 'Color',
  sync_record: () => undefined,
  delete_record: () => undefined,
}

const pagePolicy: AnyStep = {
  observes: 'Page',
  async handle_create(
    o: { readonly id: number; readonly title: string },
    { client }: { readonly client: CoreClient },
  ) {
    if (o.title === 'soon') throw new DeferredException('Not yet')
    await client.upsert('Color', ['page_id', 'name'], { page: o, name: 'white' })
  },
  async handle_delete(o: { readonly id: number }, { client }: { readonly client: CoreClient }) {
    for (const color of await client.find('Color', { page_id: o.id })) {
      await client.delete('Color', color)
    }
  },
}

const inked: AnyStep = {
  types: ['org.print.inked'],
  async process_event(event, { client }: { readonly client: CoreClient }) {
    const { page, name } = event.data as { readonly page: number; readonly name: string }
    if (isDown) throw new Error('no route')
    await client.create('Color', { page_id: page, name })
  },
}

const lookAtShelf: AnyStep = {
  every: '1m',
  async pull_records({ client }: { readonly client: CoreClient }) {
    for (const title of shelf) await client.upsert('Page', ['title'], { title })
  },
}

beforeAll(async () => {
  const { project } = await inFolder(files, (folder) => loadProject(folder, '.'))
  world = await openTestWorld({
    project,
    steps: new Map<string, AnyStep>([
      ['page', syncPage],
      ['color', syncColor],
      ['page-policy', pagePolicy],
      ['inked', inked],
      ['shelf', lookAtShelf],
    ]),
    coreModels,
    database: await openPglite(undefined, await madePglite()),
    random: () => 0.5,
  })
})

afterAll(() => world.close())

beforeEach(async () => {
  await world.settle()
  before = world.calls.length
})

/** Calls of steps but for pulls, which come by themselves. */
const called = () =>
  world.calls
    .slice(before)
    .filter(({ operation }) => operation !== 'pull')
    .map(({ step, operation, outcome }) => [step, operation, outcome.kind])

const createPage = async (title: string): Promise<number> =>
  (await world.create<{ readonly id: number; readonly title: string }>('Page', { title })).id

test('a policy makes what its record asks for, and the step that waits for it comes after', async () => {
  const id = await createPage('start')
  await world.untilSynced()

  expect(await world.list('Color')).toMatchObject([{ page_id: id, name: 'white' }])
  expect(await world.get('Page', id)).toMatchObject({ policy_status: 'done', printed: 'START' })
  const steps = called().map(([step]) => step)
  expect(steps[0]).toBe('page-policy')
  expect(steps.indexOf('page')).toBeGreaterThan(0)
  expect(steps).toContain('color')

  await world.remove('Page', id)
  await world.untilSynced()
  expect(await world.list('Page')).toEqual([])
  expect(await world.list('Color')).toEqual([])
  expect(called()).toContainEqual(['page-policy', 'policy_delete', 'synced'])
})

test('what a policy puts off is put off for the step that waits for it', async () => {
  const id = await createPage('soon')
  await world.settle()
  expect(called()).toEqual([['page-policy', 'policy_create', 'deferred']])

  await world.update('Page', id, { title: 'now' })
  await world.untilSynced()
  expect(await world.get('Page', id)).toMatchObject({ printed: 'NOW' })
})

test('events come to the step that wants them, and come again while it fails', async () => {
  const page = await createPage('inked')
  isDown = true
  await world.send({ type: 'org.print.torn', data: { page } })
  await world.send({ type: 'org.print.inked', id: 'a1', data: { page, name: 'red' } })
  await world.settle()
  isDown = false
  await world.pass(60_000)

  const calls = world.calls.filter(({ step }) => step === 'inked')
  expect(calls.map(({ event, attempt, outcome }) => [event, attempt, outcome.kind])).toEqual([
    ['a1', 1, 'failed'],
    ['a1', 2, 'synced'],
  ])
  expect((await world.list('Color')).map(({ name }) => name)).toContain('red')
})

test('a pull step is called when its time has come', async () => {
  const pulls = () => world.calls.filter(({ step }) => step === 'shelf')
  const startMs = pulls().at(-1)?.atMs ?? 0
  const count = pulls().length
  await world.pass(startMs + 60_000 - world.clock.now() - 1)
  expect(pulls()).toHaveLength(count)

  shelf = ['found']
  await world.pass(1_000)
  expect(pulls()).toHaveLength(count + 1)
  await world.untilSynced()
  expect(await world.list('Page')).toContainEqual(
    expect.objectContaining({ title: 'found', printed: 'FOUND' }),
  )
})
