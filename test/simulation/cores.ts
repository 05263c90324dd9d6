import type { Source } from '#xproto'
import { openCore, type Core } from '../../core/core.ts'
import type { Database, Sql } from '../../core/store/database.ts'
import { modelsText, steps } from './models.ts'

/** The process died while somebody waited for its answer. */
export class CoreDied extends Error {
  constructor() {
    super('the core died')
  }
}

type Life = {
  /** How many statements are left to it. */
  statements: number
  isOver: boolean
  ended: () => void
  readonly listening: (() => Promise<void>)[]
}

const die = (life: Life): void => {
  if (life.isOver) return
  life.isOver = true
  life.ended()
}

const age = (life: Life): void => {
  life.statements -= 1
  if (life.statements <= 0) die(life)
}

const step = (life: Life): void => {
  age(life)
  if (life.isOver) throw new CoreDied()
}

const mortalSql = (sql: Sql, life: Life): Sql => ({
  async query(text, parameters) {
    step(life)
    return sql.query(text, parameters)
  },
})

/**
 * A database as a process sees it that may die between any two statements. A transaction is then rolled back; or, when
 * only its commit was left, it is committed without anybody hearing of it.
 */
const mortalDatabase = (database: Database, life: Life, isExclusive: boolean): Database => ({
  ...mortalSql(database, life),
  transaction: (work) =>
    database.transaction(async (sql, attempt) => {
      step(life)
      const result = await work(mortalSql(sql, life), attempt)
      age(life)
      return result
    }),
  async listen(channel, listener) {
    const stop = await database.listen(channel, () => {
      if (!life.isOver) listener()
    })
    life.listening.push(stop)
    return stop
  },
  exclusive: isExclusive,
  close: () => Promise.resolve(),
})

type Performed<T> = {
  readonly result: T
  /** False when the core died after it was done. */
  readonly isHeard: boolean
}

/** A core in a process of its own. */
export type CoreProcess = {
  readonly name: string
  /** Lower than that of every core that was started later. */
  readonly order: number
  readonly core: Core
  /** How far its clock is from the true time, milliseconds. */
  clockOffMs: number
  isAlive(): boolean
  /** Lets it die before it has run so many more statements and one. */
  dieAfter(statements: number): void
  /** Lets it die when it has done what it is asked next, before it can say so. */
  dieUnheard(): void
  live(): void
  /** What the core answered; undefined when it died before that was done, and nothing of it is. */
  perform<T>(work: (core: Core) => Promise<T>): Promise<Performed<T> | undefined>
  /** Takes it into another simulation. */
  reuse(named: Named): void
  /** Frees what the database keeps for one that died. */
  bury(): Promise<void>
}

export type CoreOptions = {
  readonly database: Database
  readonly coreModels: readonly Source[]
  readonly admin: { readonly email: string; readonly password: string }
  /** The true time, milliseconds since 1970. */
  readonly now: () => number
}

type Named = { readonly name: string; readonly died: (name: string) => void }

export type Start = Named & {
  readonly order: number
  /** No other core can use the database. */
  readonly isExclusive: boolean
  /** How many statements it lives for. */
  readonly statements: number
}

/** Opens a core. Rejects with {@link CoreDied} when it dies meanwhile. */
export const startCore = async (options: CoreOptions, start: Start): Promise<CoreProcess> => {
  const { database, coreModels, admin, now } = options
  const { statements, isExclusive } = start
  let named: Named = start
  let clockOffMs = 0
  let isDyingUnheard = false
  const ended = (): void => named.died(named.name)
  const life: Life = { statements, isOver: false, ended, listening: [] }
  const core = await openCore({
    database: mortalDatabase(database, life, isExclusive),
    coreModels,
    admin,
    clock: { now: () => now() + clockOffMs, after: () => () => undefined },
  })

  return {
    core,
    order: start.order,
    get name() {
      return named.name
    },
    get clockOffMs() {
      return clockOffMs
    },
    set clockOffMs(ms) {
      clockOffMs = ms
    },
    isAlive: () => !life.isOver,

    dieAfter(statements) {
      life.statements = statements + 1
    },

    dieUnheard() {
      isDyingUnheard = true
    },

    live() {
      life.statements = Infinity
      isDyingUnheard = false
    },

    async perform(work) {
      try {
        const result = await work(core)
        if (isDyingUnheard) die(life)
        return { result, isHeard: !life.isOver }
      } catch (error) {
        if (life.isOver) return undefined
        throw error
      }
    },

    reuse(other) {
      named = other
      clockOffMs = 0
    },

    async bury() {
      for (const stop of life.listening) await stop()
    },
  }
}

/** Brings the simulated models, once for each database. */
export const loadModels = async ({ work }: Core): Promise<void> => {
  await work.register({
    name: 'plant',
    version: '1',
    models: [{ filename: 'plant.xproto', contents: modelsText }],
    steps,
    requiredModels: [],
  })
}
