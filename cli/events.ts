import type { Deliveries, StoredDelivery } from '#core'
import type { Command, Input } from './command.ts'
import { connectionFlags, connectionVariables, type Connection } from './client/connection.ts'
import { adminMethod, withConnection } from './client/core-client.ts'
import { formOf, outputFlags, print, tableOf } from './client/print.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

type Delivery = Awaited<ReturnType<Deliveries['get']>>

/** How many the core is asked for at once. */
const pageSize = 200

const states: readonly string[] = ['ready', 'done', 'dead', 'all']

const isoOf = (microseconds: number): string => new Date(microseconds / 1000).toISOString()

/** Times as ISO 8601. */
const told = ({ received, nextRun, ended, ...delivery }: Delivery) => ({
  ...delivery,
  received: isoOf(received),
  ...(nextRun === undefined ? {} : { nextRun: isoOf(nextRun) }),
  ...(ended === undefined ? {} : { ended: isoOf(ended) }),
})

const stateFrom = (input: Input): string => {
  const state = input.text('state') ?? ''
  if (states.includes(state)) return state === 'all' ? '' : state
  throw new UsageError(`Expected --state to be ${states.join(', ')}, got "${state}".`)
}

const find = async (
  connection: Connection,
  state: string,
  step: string | undefined,
): Promise<readonly StoredDelivery[]> => {
  const found: StoredDelivery[] = []
  for (;;) {
    const { reply } = await connection.call<{ readonly deliveries_json: readonly string[] }>(
      adminMethod('Deliveries'),
      { state, step: step ?? '', limit: pageSize, after: found.at(-1)?.id ?? 0 },
    )
    found.push(...reply.deliveries_json.map((text) => JSON.parse(text) as StoredDelivery))
    if (reply.deliveries_json.length < pageSize) return found
  }
}

const ask = async (
  connection: Connection,
  method: 'Delivery' | 'RetryDelivery' | 'DiscardDelivery',
  id: number,
): Promise<Delivery> => {
  const { reply } = await connection.call<{ readonly delivery_json: string }>(adminMethod(method), {
    id,
  })
  return JSON.parse(reply.delivery_json) as Delivery
}

const idFrom = (text: string): number => {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new UsageError(`Expected the id of an event, as syncstep events shows it, got "${text}".`)
}

const table = (found: readonly StoredDelivery[], state: string): string =>
  found.length === 0
    ? `There are no ${state === '' ? '' : `${state} `}events here.\n`
    : tableOf(
        ['id', 'step', 'state', 'type', 'event', 'received', 'calls', 'status'],
        found.map(({ id, step, state: is, type, eventId, received, calls, status }) => [
          id,
          step,
          is,
          type,
          eventId,
          isoOf(received),
          calls,
          status,
        ]),
        true,
      )

type Action = (connection: Connection, input: Input, world: World) => Promise<void>

const list: Action = async (connection, input, world) => {
  const form = formOf(input)
  const state = stateFrom(input)
  const found = await find(connection, state, input.text('step'))
  print(world, form, found.map(told), () => table(found, state))
}

const show: Action = async (connection, input, world) => {
  const form = formOf(input)
  for (const id of input.parameters.slice(1).map(idFrom)) {
    const delivery = told(await ask(connection, 'Delivery', id))
    print(world, form, delivery, () => `${JSON.stringify(delivery, null, 2)}\n`)
  }
}

/** Those with the ids; without ids the dead ones of the step that is named. */
const chosen = async (connection: Connection, input: Input): Promise<readonly number[]> => {
  const ids = input.parameters.slice(1).map(idFrom)
  const step = input.text('step')
  if (ids.length > 0) return ids
  if (step === undefined) {
    throw new UsageError('Expected ids of events, or --step for all that died of a step.')
  }
  return (await find(connection, 'dead', step)).map(({ id }) => id)
}

const change =
  (method: 'RetryDelivery' | 'DiscardDelivery', done: string): Action =>
  async (connection, input, world) => {
    for (const id of await chosen(connection, input)) {
      const { step, eventId } = await ask(connection, method, id)
      world.stdout.write(`${done} ${id}: ${eventId || 'the next turn'} for ${step}.\n`)
    }
  }

const actions: Readonly<Record<string, Action>> = {
  list,
  show,
  retry: change('RetryDelivery', 'To run now'),
  discard: change('DiscardDelivery', 'Discarded'),
}

/** Shows events for steps, those that died unless another state is asked for; retries and discards them. */
export const eventsCommand: Command = {
  parameters: [
    { name: 'ACTION', help: 'list, show, retry or discard; else list', optional: true },
    { name: 'ID...', help: 'which events; else, with --step, all that died of it', optional: true },
  ],
  flags: {
    state: { kind: 'text', help: `List those that are ${states.join(', ')}`, default: 'dead' },
    step: { kind: 'text', help: 'Only those for this step: STEP or SYNCHRONIZER/STEP' },
    ...outputFlags,
    ...connectionFlags,
  },
  variables: connectionVariables,

  async run(input, world) {
    const name = input.parameter === '' ? 'list' : input.parameter
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined) {
      throw new UsageError(`Unknown action "${name}".`, { word: name, known: Object.keys(actions) })
    }
    await withConnection(world, input, (connection) => action(connection, input, world))
    return 0
  },
}
