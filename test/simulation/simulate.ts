import type { Database } from '../../core/store/database.ts'
import { createBackend, deadFaults } from './backend.ts'
import { CoreDied, startCore, type CoreOptions, type CoreProcess } from './cores.ts'
import { createDice, type Dice } from './dice.ts'
import { startDispatcher, type DispatcherProcess, type World } from './dispatchers.ts'
import { createLedger, type EndRow } from './ledger.ts'
import { simulatedModels } from './models.ts'
import { createTimeline } from './timeline.ts'
import { createUsers } from './users.ts'

type Simulated = {
  readonly seed: number
  /** What was found to be wrong; empty when all invariants hold. */
  readonly breaches: readonly string[]
  /** What happened, one line each. */
  readonly notes: readonly string[]
  readonly digest: string
}

/** Longest time in which everything must have come to rest once nothing fails any more. */
const longestQuietMs = 240_000
/** How long is watched whether anything is called although nothing has changed; now and then over a safety scan. */
const afterwardsMs = { usual: 2_000, long: 32_000 }
/** Longer than a chain of records needs of which no function is dead. */
const soonMs = 15_000

/** What may go wrong beside functions and cores, and how often each of it. */
const troubles = {
  'kill a dispatcher': 1,
  'pause a dispatcher': 1,
  'stop a dispatcher': 1,
  'start a dispatcher': 2,
  'break a stream': 2,
  'repeat a report': 1,
  'set a clock': 1,
} as const

const observed = simulatedModels.filter(({ isObserved }) => isObserved)
const roots = [...new Set(simulatedModels.map(({ root }) => root))]

const rowsAtEnd = (database: Database): Promise<EndRow[]> =>
  database.query<EndRow>(
    `select leaf, id, (fields ->> 'value')::int as value, (fields ->> 'reading')::int as reading,
            deleted, pending, parked, lease_owner is not null as leased, backend_code as code
     from record where root = any($1)`,
    [roots],
  )

/** Everything of one simulation goes, so that the next one finds what the first one found. */
const clear = async (database: Database): Promise<void> => {
  await database.query(`delete from record where root = any($1)`, [roots])
  await database.query(
    `with dispatchers as (delete from dispatcher), waits as (delete from wait),
          changes as (delete from change), entries as (delete from audit)
     delete from counter where root = any($1)`,
    [roots],
  )
}

/** What kind of simulation a seed makes. */
type Plan = {
  /** One function is dead from the beginning, and nothing else goes wrong. */
  readonly deadModel: string | undefined
  readonly cores: number
  /** No core but the newest can use the database, as it is with PGlite. */
  readonly isExclusive: boolean
  readonly dispatchers: number
  readonly deaths: number
  readonly writes: number
  readonly troubles: number
  readonly lastsMs: number
}

const planOf = (dice: Dice): Plan => {
  const deadModel = dice.chance(0.2) ? dice.pick(observed)?.name : undefined
  const isExclusive = dice.chance(0.4)
  const isCalm = deadModel !== undefined
  return {
    deadModel,
    isExclusive,
    cores: isExclusive ? 1 : 2,
    dispatchers: Number(dice.weighted({ 1: 6, 2: 3, 3: 1 })),
    deaths: !isCalm && dice.chance(0.3) ? 1 : 0,
    writes: dice.between(3, 12),
    troubles: isCalm ? 0 : dice.between(0, 6),
    lastsMs: dice.between(8_000, 30_000),
  }
}

export type Engine = Omit<CoreOptions, 'now'>

export type Simulator = { simulate(seed: number): Promise<Simulated> }

/** Runs one simulation after the other on one database. */
export const createSimulator = (engine: Engine): Simulator => {
  let timeline = createTimeline()
  // They outlive a simulation, because a new one takes long to start. Nothing of one is left in them.
  let idle: CoreProcess[] = []
  let opened = 0

  const simulate = async (seed: number): Promise<Simulated> => {
    const dice = createDice(seed)
    timeline = createTimeline()
    const breaches: string[] = []
    const breach = (text: string): void => {
      timeline.note(`BREACH: ${text}`)
      breaches.push(text)
    }
    const ledger = createLedger(breach)
    const backend = createBackend(timeline, dice)
    const plan = planOf(dice)
    const cores: CoreProcess[] = []
    const dispatchers: DispatcherProcess[] = []
    let areFaultsOn = true

    const world: World = {
      timeline,
      dice,
      ledger,
      backend,
      breach,
      someCore: () => dice.pick(cores.filter((core) => core.isAlive())),
      travelMs: () => dice.between(1, areFaultsOn && dice.chance(0.1) ? 2_000 : 10),
    }
    const users = createUsers(world)

    const restart = async (): Promise<void> => {
      const statements = areFaultsOn && dice.chance(0.2) ? dice.between(1, 60) : Infinity
      try {
        const core = await startOne(statements)
        cores.push(core)
        if (plan.isExclusive) ledger.startedAlone()
        timeline.note(`${core.name} started`)
      } catch (error) {
        if (!(error instanceof CoreDied)) throw error
      }
    }

    const coreDied = (name: string): void => {
      timeline.note(`${name} died`)
      timeline.after(dice.between(1, 500), () => {
        for (const dispatcher of dispatchers) dispatcher.lostCore(name)
      })
      timeline.after(dice.between(100, areFaultsOn ? 15_000 : 500), restart)
    }

    let started = 0
    const startOne = (statements: number): Promise<CoreProcess> => {
      started += 1
      opened += 1
      const given = {
        order: opened,
        name: `core-${started}`,
        isExclusive: plan.isExclusive && cores.length > 0,
        statements,
        died: coreDied,
      }
      const rested = cores.length < plan.cores ? idle.shift() : undefined
      if (rested === undefined) {
        return startCore({ ...engine, now: () => timeline.now() }, given)
      }
      rested.reuse(given)
      return Promise.resolve(rested)
    }

    const startOther = (): void => {
      dispatchers.push(startDispatcher(`dispatcher-${dispatchers.length + 1}`, world))
    }

    const alive = (): DispatcherProcess[] => dispatchers.filter((one) => one.isAlive())
    const working = (): DispatcherProcess[] => alive().filter((one) => !one.isStopping())

    const makeTrouble = (): void => {
      const trouble = dice.weighted(troubles)
      const dispatcher = dice.pick(alive())
      switch (trouble) {
        case 'kill a dispatcher':
          dispatcher?.kill()
          return
        case 'pause a dispatcher':
          dispatcher?.pause(dice.between(500, 25_000))
          return
        case 'stop a dispatcher':
          dispatcher?.stop()
          return
        case 'start a dispatcher':
          if (alive().length < 3) startOther()
          return
        case 'break a stream':
          dispatcher?.breakStream()
          return
        case 'repeat a report':
          dispatcher?.repeatReport()
          return
        case 'set a clock': {
          const core = dice.pick(cores)
          if (core !== undefined) core.clockOffMs = dice.between(-3_000, 3_000)
        }
      }
    }

    const killCore = (): void => {
      const core = world.someCore()
      if (dice.chance(0.5)) core?.dieUnheard()
      else core?.dieAfter(dice.between(0, 80))
    }

    const sometime = (): number => dice.between(1, plan.lastsMs)

    for (let core = 0; core < plan.cores; core += 1) cores.push(await startOne(Infinity))
    for (let count = 0; count < plan.dispatchers; count += 1) startOther()
    if (plan.deadModel !== undefined) {
      backend.heal()
      backend.kill(plan.deadModel, dice.pick(deadFaults) ?? 'hang')
    }
    for (const { name } of simulatedModels.slice(0, dice.between(2, simulatedModels.length))) {
      await users.create(name)
    }
    for (let count = 0; count < plan.writes; count += 1) timeline.after(sometime(), users.act)
    for (let count = 0; count < plan.troubles; count += 1) timeline.after(sometime(), makeTrouble)
    for (let count = 0; count < plan.deaths; count += 1) {
      timeline.after(sometime(), killCore)
    }
    // What follows from a breach tells nothing more.
    const isBroken = (): boolean => breaches.length > 0
    await timeline.pass(plan.lastsMs, isBroken)

    if (plan.deadModel !== undefined) {
      await timeline.pass(soonMs, isBroken)
      for (const { key } of ledger.pendingBeside(plan.deadModel)) {
        breach(`${key} was held up by the function of ${plan.deadModel}, which is dead`)
      }
    }

    timeline.note('nothing fails any more')
    areFaultsOn = false
    backend.heal()
    for (const core of cores) core.live()
    if (working().length === 0) startOther()
    const bringBack = async (): Promise<void> => {
      await users.bringBack()
      timeline.after(1_000, bringBack)
    }
    await bringBack()
    await timeline.pass(longestQuietMs, () => isBroken() || ledger.isQuiet())
    timeline.note('all is quiet')
    await timeline.pass(dice.chance(0.1) ? afterwardsMs.long : afterwardsMs.usual, isBroken)
    if (!isBroken()) ledger.checkEnd(await rowsAtEnd(engine.database), backend.values)

    for (const dispatcher of alive()) dispatcher.kill()
    for (const core of cores) if (!core.isAlive()) await core.bury()
    // The database tells them of changes in this order, and so it must not depend on what was before.
    idle = [...idle, ...cores.filter((core) => core.isAlive())].sort((a, b) => a.order - b.order)
    await clear(engine.database)
    return { seed, breaches, notes: timeline.notes, digest: timeline.digest() }
  }

  return { simulate }
}
