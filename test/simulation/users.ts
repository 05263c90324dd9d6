import type { Fields } from '#contract'
import { CoreError } from '../../core/errors.ts'
import type { Caller, Records, SaveOptions } from '../../core/store/port.ts'
import type { CoreProcess } from './cores.ts'
import { modelNamed, simulatedModels, type LinkField } from './models.ts'
import type { World } from './dispatchers.ts'

const administrator: Caller = { userId: 1, email: 'admin@opencord.org', isAdmin: true }

const actions = {
  create: 5,
  edit: 8,
  'edit twice': 2,
  relink: 3,
  remove: 3,
  touch: 1,
  'write as a policy': 2,
  'write a status': 2,
  retry: 1,
} as const

const mostRecords = 10

/** A policy of XOS moves `changed_by_policy` and leaves `updated` alone. */
const asPolicy: SaveOptions = { callerKind: 'synchronizer', isPolicySave: true }

/** People and programs that write records through some core, and note what it answered. */
export const createUsers = ({ timeline, dice, ledger, someCore, breach }: World) => {
  /** What a core refuses, or dies of, changes nothing. */
  const ask = async <T>(
    what: string,
    perform: (records: Records, core: CoreProcess) => Promise<T>,
    noteDone: (result: T) => void,
  ): Promise<void> => {
    const core = someCore()
    if (core === undefined) return
    try {
      const performed = await core.perform((open) => perform(open.store.as(administrator), core))
      timeline.note(`user: ${what}${performed === undefined ? ', and the core died' : ''}`)
      if (performed !== undefined) noteDone(performed.result)
    } catch (error) {
      timeline.note(`user: ${what}, refused: ${String(error)}`)
      if (!(error instanceof CoreError) || error.code === 'INTERNAL') breach(String(error))
    }
  }

  const someLive = (model?: string) => {
    const root = model === undefined ? undefined : modelNamed(model).root
    return dice.pick(
      ledger.live().filter((entry) => root === undefined || modelNamed(entry.model).root === root),
    )
  }

  /** A record to link to. Only older ones, so that no circle comes of it; or itself. */
  const targetOf = ({ model, isRequired }: LinkField, self: { model: string; id: number }) => {
    if (!isRequired && dice.chance(0.3)) return null
    const target = someLive(model)
    if (target === undefined) return null
    const isSameRoot = modelNamed(target.model).root === modelNamed(self.model).root
    return isSameRoot && target.id > self.id ? self.id : target.id
  }

  const linksFor = (model: string, id: number): Fields | undefined => {
    const fields: Record<string, unknown> = {}
    for (const link of modelNamed(model).links) {
      const target = targetOf(link, { model, id })
      if (target === null && link.isRequired) return undefined
      if (link.isMany) {
        const other = targetOf(link, { model, id })
        const ids = [target, other].filter((one) => one !== null)
        fields[`${link.name}_ids`] = [...new Set(ids)]
      } else fields[`${link.name}_id`] = target
    }
    return fields
  }

  const create = async (model: string): Promise<void> => {
    const links = linksFor(model, Infinity)
    if (links === undefined) return
    const fields = { ...links, value: dice.between(1, 99) }
    await ask(
      `create ${model} ${JSON.stringify(fields)}`,
      async (records) => (await records.create(model, fields)).fields,
      (written) => ledger.wrote(model, written),
    )
  }

  const update = async (
    model: string,
    id: number,
    fields: Fields,
    options: SaveOptions = {},
  ): Promise<void> => {
    await ask(
      `write ${model}/${id} ${JSON.stringify(fields)}`,
      async (records) => (await records.update(model, id, fields, options)).fields,
      (written) => ledger.wrote(model, written),
    )
  }

  const retry = async (model: string, id: number): Promise<void> => {
    await ask(
      `retry ${model}/${id}`,
      (_records, { core }) => core.operations.retry(administrator, model, id),
      () => ledger.retried(model, id),
    )
  }

  const writeStatus = async (model: string, id: number): Promise<void> => {
    const fields = { backend_status: `looked at ${dice.between(1, 3)}` }
    const options = {
      callerKind: 'synchronizer',
      updateFields: ['backend_status'],
      isSyncSave: true,
    }
    await ask(
      `write a status of ${model}/${id}`,
      async (records) => (await records.update(model, id, fields, options)).fields,
      (written) => ledger.wroteStatus(model, written),
    )
  }

  const act = async (): Promise<void> => {
    const action = dice.weighted(actions)
    if (action === 'create') {
      const model = dice.pick(simulatedModels)
      if (model !== undefined && ledger.live().length < mostRecords) await create(model.name)
      return
    }
    const entry = someLive()
    if (entry === undefined) return
    const { model, id } = entry
    switch (action) {
      case 'edit':
      case 'edit twice':
        await update(model, id, { value: dice.between(1, 99) })
        if (action === 'edit twice') await update(model, id, { value: dice.between(1, 99) })
        return
      case 'relink': {
        const links = linksFor(model, id)
        if (links !== undefined) await update(model, id, links)
        return
      }
      case 'remove':
        await ask(
          `remove ${model}/${id}`,
          (records) => records.remove(model, id),
          () => ledger.removed(model, id),
        )
        return
      case 'touch':
        await update(model, id, {})
        return
      case 'write as a policy':
        // A policy that changes nothing asks for nothing.
        await update(model, id, { value: entry.value + 1 }, asPolicy)
        return
      case 'write a status':
        await writeStatus(model, id)
        return
      case 'retry':
        await retry(model, id)
    }
  }

  return {
    act,
    create,

    /** Brings back what failed for good. */
    async bringBack(): Promise<void> {
      for (const { model, id } of ledger.stopped()) await retry(model, id)
    },
  }
}
