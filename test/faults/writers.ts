import type { CoreProcess } from '../support/core-process.ts'
import { gone, recipeOf, type Group, type Step } from './groups.ts'

export type Ledger = {
  readonly groups: Group[]
  /** The names of services that one writer was told are its own. */
  readonly won: string[]
  /** Answers that nothing explains. */
  readonly unexpected: string[]
}

/** Called after each acknowledged write. */
type Acknowledged = () => void

const edits = 3

/** Sends one step; the ledger knows before and after. Rejects when the core is gone. */
const step = async (
  group: Group,
  next: Step,
  { unexpected }: Ledger,
  acknowledged: Acknowledged,
  send: () => Promise<{ readonly status: number }>,
): Promise<void> => {
  group.sent = next
  const { status } = await send()
  if (status !== 200) unexpected.push(`${group.name}, step ${next}: ${status}`)
  else group.acknowledged = next
  acknowledged()
}

const idOf = async (core: CoreProcess, name: string): Promise<number> => {
  const { body } = await core.rest('GET', `core/services?name=${name}`)
  const [found] = body['items'] as readonly Readonly<Record<string, unknown>>[]
  return Number(found?.['id'])
}

const liveOf = async (
  core: CoreProcess,
  name: string,
  n: number,
  ledger: Ledger,
  acknowledged: Acknowledged,
): Promise<void> => {
  const group: Group = { name, acknowledged: gone, sent: gone }
  ledger.groups.push(group)
  const sent = (next: Step, send: () => Promise<{ readonly status: number }>) =>
    step(group, next, ledger, acknowledged, send)
  await sent(0, () => core.recipe('run', recipeOf(name)))
  const path = `core/services/${await idOf(core, name)}`
  for (let edit = 1; edit <= edits; edit += 1) {
    await sent(edit, () => core.rest('PUT', path, { description: String(edit) }))
  }
  if (n % 3 === 0) await sent(gone, () => core.rest('DELETE', path))
  if (n % 3 === 1) await sent(gone, () => core.recipe('delete', recipeOf(name)))
}

/** Asks for a name that every writer asks for at about the same time. */
const contend = async (
  core: CoreProcess,
  name: string,
  { won, unexpected }: Ledger,
): Promise<void> => {
  const { status, body } = await core.rest('POST', 'core/services', { name })
  if (status === 200) won.push(name)
  else if (!JSON.stringify(body).includes('already')) {
    unexpected.push(`${name}: ${status} ${JSON.stringify(body)}`)
  }
}

/** Writes by REST and recipes, this writer's groups and names that others want as well, until the core is gone. */
export const write = async (
  core: CoreProcess,
  names: { readonly own: string; readonly shared: string },
  ledger: Ledger,
  acknowledged: Acknowledged,
): Promise<void> => {
  for (let n = 0; ; n += 1) {
    await contend(core, `${names.shared}${n}`, ledger)
    await liveOf(core, `${names.own}${n}`, n, ledger, acknowledged)
  }
}
