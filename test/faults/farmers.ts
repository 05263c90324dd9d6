import { setTimeout as sleep } from 'node:timers/promises'
import { openCore, type Store } from '#core'
import { realClock } from '../../cli/real-clock.ts'
import { monotonicMs } from '../bench/monotonic.ts'
import type { Dice } from '../simulation/dice.ts'
import { adminEmail, adminPassword, type CoreProcess } from '../support/core-process.ts'
import { openTestPostgres } from '../support/database.ts'
import { administrator, coreModels } from '../support/store.ts'
import { farmModels, inhabitantsOf, linkOf, modelNames, stepOf, type ModelName } from './farm.ts'

/** When somebody asked for a write, and when he was told that it is done; times are those of `monotonicMs`. */
type Write = { readonly sentMs: number; doneMs?: number }

/** A record, what it stands in and what stands in it. */
export type Thing = {
  readonly model: ModelName
  readonly id: number
  readonly home: Thing | undefined
  readonly inhabitants: readonly Thing[]
  /** Each writes its place here as the record's value. */
  readonly writes: Write[]
  /** Of itself, or of what it stands in. */
  removal?: Write
}

/** So many farms, with so many records of each model that stands in a farm, and of each that stands in one of those. */
export type Size = {
  readonly farms: number
  readonly middles: number
  readonly leaves: number
}

/** The thing and all that stands in it, however deep. */
export const household = (thing: Thing): readonly Thing[] => [
  thing,
  ...thing.inhabitants.flatMap(household),
]

const makeFarm = (store: Store, { middles, leaves }: Size): Promise<Thing> =>
  store.transaction(administrator, async (records) => {
    const counts: readonly number[] = [middles, leaves]

    const make = async (
      model: ModelName,
      home: Thing | undefined,
      depth: number,
    ): Promise<Thing> => {
      const link = linkOf(model)
      const values = link === undefined ? {} : { [`${link}_id`]: home?.id }
      const sentMs = monotonicMs()
      const { fields } = await records.create(model, values)
      const writes = [{ sentMs, doneMs: monotonicMs() }]
      const inhabitants: Thing[] = []
      const thing: Thing = { model, id: Number(fields['id']), home, inhabitants, writes }
      for (const inside of inhabitantsOf(model)) {
        for (let n = 0; n < (counts[depth] ?? 0); n += 1) {
          inhabitants.push(await make(inside, thing, depth + 1))
        }
      }
      return thing
    }

    return make('Farm', undefined, 0)
  })

/** Makes the farms in an empty database, with a step for each model, before anybody is there to call one. */
export const makeFarms = async (url: string, size: Size): Promise<readonly Thing[]> => {
  const database = await openTestPostgres(url)
  const admin = { email: adminEmail, password: adminPassword }
  const core = await openCore({ database, coreModels, clock: realClock, admin })
  await core.work.register({
    name: 'farm',
    version: 'unknown',
    models: [{ filename: 'farm.xproto', contents: farmModels }],
    steps: modelNames.map((model) => ({ step: stepOf(model), model, include: [] })),
    requiredModels: [],
  })
  const farms: Thing[] = []
  while (farms.length < size.farms) farms.push(await makeFarm(core.store, size))
  await core.close()
  return farms
}

export type FarmerOptions = {
  readonly farms: readonly Thing[]
  readonly core: CoreProcess
  readonly isCoreUp: () => boolean
  readonly dice: Dice
  /** Answers that nothing explains. */
  readonly unexpected: string[]
}

const pathOf = ({ model, id }: Thing): string => `farm/${model.toLowerCase()}s/${id}`

/** Edits and removes records of its farms, which nobody else writes, until the signal fires. */
export const work = async (
  { farms, core, isCoreUp, dice, unexpected }: FarmerOptions,
  signal: AbortSignal,
): Promise<void> => {
  const send = async (
    thing: Thing,
    write: Write,
    method: string,
    body?: unknown,
  ): Promise<void> => {
    try {
      const { status } = await core.rest(method, pathOf(thing), body)
      if (status === 200) write.doneMs = monotonicMs()
      else unexpected.push(`${method} ${pathOf(thing)}: ${status}`)
    } catch {
      // The core was killed, and it may have written this or not.
      while (!isCoreUp() && !signal.aborted) await sleep(20)
    }
  }

  const edit = async (thing: Thing): Promise<void> => {
    const write: Write = { sentMs: monotonicMs() }
    thing.writes.push(write)
    await send(thing, write, 'PUT', { value: thing.writes.length - 1 })
  }

  const remove = async (thing: Thing): Promise<void> => {
    const removal: Write = { sentMs: monotonicMs() }
    for (const one of household(thing)) one.removal ??= removal
    await send(thing, removal, 'DELETE')
  }

  while (!signal.aborted) {
    const there = farms.flatMap(household).filter(({ removal }) => removal === undefined)
    const thing = dice.pick(there)
    if (thing === undefined) return
    if (dice.chance(0.1) && thing.home !== undefined) await remove(thing)
    else {
      // First what it stands in: it has to wait for that again.
      if (thing.home !== undefined) await edit(thing.home)
      await edit(thing)
    }
    await sleep(dice.between(5, 50))
  }
}
