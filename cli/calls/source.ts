import path from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import {
  isDelivery,
  stepKindOf,
  type Change,
  type Delivery,
  type Description,
  type Operation,
  type PolicyOperation,
} from '#contract'
import { seededRandom } from '#emulator'
import type { Model, Schema } from '#xproto'
import { withCore } from '../client/core-client.ts'
import { idOf, readTarget } from '../client/selection.ts'
import type { Input } from '../command.ts'
import { Failure } from '../failure.ts'
import { readText } from '../files.ts'
import { suggestion } from '../suggestion.ts'
import { UsageError } from '../usage-error.ts'
import type { World } from '../world.ts'
import type { Address } from './address.ts'
import { writableOf, type Writable } from './aftermath.ts'
import { readCalls } from './calls-file.ts'
import { changesIn } from './changes-in.ts'
import { changeFromCore } from './from-core.ts'
import { asksForEvent, eventsFrom } from './event-source.ts'
import { createChangeMaker } from './made-up.ts'
import { modelsOf } from './models-of.ts'
import { operationFrom, seedFrom, sourceNames } from './source-flags.ts'
import { wantsOf, type Wants } from './wants.ts'

/** Where changes come from that are to be sent. */
export type Source = {
  /** How many there are; undefined where each is made up. */
  readonly count: number | undefined
  /** The next one, and after the last the first again. */
  readonly next: () => Change | Delivery
  /** What a step of a model may write. */
  readonly writable: (model: string) => Writable
}

type Opening = {
  readonly input: Input
  readonly world: World
  readonly address: Address
  readonly wants: Wants
}

/** Undefined when there is no change. */
const listSource = (
  [first, ...others]: readonly (Change | Delivery)[],
  writable: Source['writable'],
): Source | undefined => {
  if (first === undefined) return undefined
  const changes = [first, ...others]
  let sent = 0
  const next = (): Change | Delivery => changes[sent++ % changes.length] ?? first
  return { count: changes.length, next, writable }
}

const withOperation = (change: Change, operation: Operation | undefined): Change =>
  operation === undefined ? change : { ...change, operation }

const defaultServer = '127.0.0.1:50055'

/** The core beside the step is asked unless the user names another. */
const withServer = (input: Input, { server = defaultServer }: Address): Input => ({
  ...input,
  text: (flag) => input.text(flag) ?? (flag === 'server' ? server : undefined),
})

const fromCore = (
  { input, world, address, wants }: Opening,
  word: string,
): Promise<Source | undefined> =>
  withCore(world, withServer(input, address), async (core) => {
    const target = readTarget(core, word)
    const id = await idOf(core, target)
    const change = await changeFromCore(core, target.model, id, await wants.include())
    const writable = writableOf(core.models.named(change.model).fields)
    return listSource([withOperation(change, operationFrom(input))], () => writable)
  })

const folderOf = ({ input, address }: Opening): string | undefined =>
  input.text('project') ?? address.project

const writableIn =
  (schema: Schema | undefined): Source['writable'] =>
  (name) => {
    const fields = schema?.model(name)?.fields
    return fields && writableOf(fields.map(({ wireName, role }) => ({ name: wireName, role })))
  }

/** As the models of the step's synchronizer have it, when there are some and they are right. */
const writableIfKnown = async (opening: Opening): Promise<Source['writable']> => {
  const folder = folderOf(opening)
  if (folder === undefined) return writableIn(undefined)
  return writableIn(await modelsOf(folder, opening.world).catch(() => undefined))
}

const fromFile = async (opening: Opening, file: string): Promise<Source | undefined> => {
  const { input, world, wants } = opening
  const { cwd, stdin } = world
  const text =
    file === '-' ? await readAll(stdin()) : await readText(path.resolve(cwd, file), 'records')
  const leftOut = {
    operation: operationFrom(input),
    // Few records need it. Those that do are told of by the check when nobody knows it.
    model: await wants.model().catch(() => undefined),
  }
  return listSource(changesIn(text, file, leftOut), await writableIfKnown(opening))
}

const fromCalls = async (opening: Opening, file: string): Promise<Source | undefined> => {
  const { input, world } = opening
  const operation = operationFrom(input)
  const calls = await readCalls(path.resolve(world.cwd, file))
  const changes = calls.map(({ change }) => withOperation(change, operation))
  return listSource(changes, await writableIfKnown(opening))
}

const modelIn = (schema: Schema, name: string): Model => {
  const model = schema.model(name)
  if (model !== undefined && !model.abstract) return model
  const known = schema.models.filter(({ abstract }) => !abstract).map((each) => each.name)
  throw new Failure(`There is no model ${name} to make up a record of. ${suggestion(name, known)}`)
}

const madeUp = async (opening: Opening): Promise<Source> => {
  const { input, world, wants } = opening
  const folder = folderOf(opening)
  if (folder === undefined) {
    throw new UsageError(
      'Expected --record, --file or --replay, or --project DIR to make up a record of its models.',
    )
  }
  const operation = operationFrom(input) ?? 'sync'
  const random = seededRandom(seedFrom(input))
  const schema = await modelsOf(folder, world)
  const model = modelIn(schema, await wants.model())
  const include = await wants.include()
  const make = createChangeMaker(schema, random)
  return {
    count: undefined,
    next: () => make(model, { operation, include }),
    writable: writableIn(schema),
  }
}

const policyOperationOf = ({ operation, record }: Change): PolicyOperation => {
  if (operation === 'delete') return 'policy_delete'
  return record['policed'] === undefined ? 'policy_create' : 'policy_update'
}

/** What a policy is called for follows from the record, as in a core. */
const forPolicy = (source: Source, description: Description | undefined): Source => {
  if (description?.kind !== 'policy') return source
  const next = (): Change | Delivery => {
    const change = source.next()
    if (isDelivery(change) || stepKindOf(change.operation) === 'policy') return change
    return { ...change, operation: policyOperationOf(change) }
  }
  return { ...source, next }
}

const unknownFields = (): Writable => undefined

const events = async (
  { input, world }: Opening,
  description: Description | undefined,
): Promise<Source> => {
  const makers = await eventsFrom(input, world, description)
  let sent = 0
  const next = (): Delivery => {
    const make = makers[sent++ % makers.length]
    if (make === undefined) throw new Failure('There is no event to send.')
    return make()
  }
  return { count: makers.length, next, writable: unknownFields }
}

const openers = { record: fromCore, file: fromFile, replay: fromCalls } as const

/**
 * Opens what the flags name: a record of a core, a file of records, recorded calls, or what is made up.
 *
 * @throws UsageError or Failure saying what to do.
 */
export const openSource = async (input: Input, world: World, address: Address): Promise<Source> => {
  const [name, ...others] = sourceNames.filter((flag) => input.text(flag) !== undefined)
  if (others.length > 0) {
    throw new UsageError('Expected one of --record, --file and --replay, got several.')
  }
  const opening = { input, world, address, wants: wantsOf(input, address, world) }
  if (name !== undefined && asksForEvent(input)) {
    throw new UsageError(`Expected --${name}, or an event, got both.`)
  }
  const hasOperation = operationFrom(input) !== undefined
  const description = hasOperation ? undefined : await opening.wants.description()
  if (name === undefined) {
    const isOfEvents = description?.kind === 'event' || description?.kind === 'pull'
    if (isOfEvents || asksForEvent(input)) return events(opening, description)
    return forPolicy(await madeUp(opening), description)
  }
  const place = input.text(name) ?? ''
  const source = await openers[name](opening, place)
  if (source !== undefined) return forPolicy(source, description)
  throw new Failure(`There is nothing in ${place} to send.`)
}
