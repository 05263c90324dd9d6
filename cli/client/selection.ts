import { Failure } from '../failure.ts'
import type { Flags, Input } from '../command.ts'
import { UsageError } from '../usage-error.ts'
import type { CoreClient } from './core-client.ts'
import { readFilters, stateKind, stateNames } from './filters.ts'
import type { ModelType } from './models.ts'
import type { Values } from './values.ts'

/** What `MODEL[/ID]` names; `key` is an id, or the name of a record. */
export type Target = { readonly model: ModelType; readonly key: string | undefined }

export const targetParameter = {
  name: 'MODEL[/ID]',
  help: 'a model, in upper or lower case, and the id or the name of a record',
} as const

export const recordParameter = {
  name: 'MODEL/ID',
  help: 'a model, in upper or lower case, and the id or the name of a record',
} as const

export const filterFlags: Flags = {
  filter: {
    kind: 'text',
    short: 'f',
    help: 'Only records that match: name=a,size>=3; also != ~= (pattern) [= (contains)',
    value: 'FILTERS',
  },
  state: {
    kind: 'text',
    help: `Only records in this state: ${stateNames.join(', ')}`,
    value: 'STATE',
    default: 'default',
  },
}

/** For commands that would rather not change every record by accident. */
export const allFlag: Flags = { all: { kind: 'switch', help: 'All records of the model' } }

/** @throws UsageError unless it is a model of the core, alone or with the id or name of a record. */
export const readTarget = (core: CoreClient, word: string): Target => {
  const slash = word.indexOf('/')
  const [model, key] = slash < 0 ? [word, undefined] : [word.slice(0, slash), word.slice(slash + 1)]
  if (key === '') throw new UsageError(`Expected an id or a name behind the slash, got "${word}".`)
  return { model: core.models.named(model), key }
}

const isId = (key: string): boolean => /^[1-9]\d{0,9}$/.test(key)

/** The id of the one record that is meant. */
export const idOf = async (core: CoreClient, { model, key }: Target): Promise<number> => {
  if (key === undefined) {
    throw new UsageError(`Expected ${model.name}/ID: which record of ${model.name}?`)
  }
  if (isId(key)) return Number(key)
  const elements = readFilters(model, 'name=').map((element) => ({ ...element, sValue: key }))
  const found = await core.list(model, { kind: 0, elements })
  if (found.length > 1) {
    const ids = found.map(({ id }) => String(id)).join(', ')
    throw new Failure(`${found.length} records of ${model.name} are named "${key}": ${ids}.`)
  }
  if (found[0] === undefined) throw new Failure(`No record of ${model.name} is named "${key}".`)
  return Number(found[0]['id'])
}

/** The records of a model that the flags select. */
export const selected = (
  core: CoreClient,
  input: Input,
  model: ModelType,
): Promise<readonly Values[]> =>
  core.list(model, {
    kind: stateKind(input.text('state') ?? 'default'),
    elements: readFilters(model, input.text('filter')),
  })

/** The ids of what a command shall change: one record, those that match, or with --all every one. */
export const idsToChange = async (
  core: CoreClient,
  input: Input,
  target: Target,
): Promise<readonly number[]> => {
  if (target.key !== undefined) return [await idOf(core, target)]
  if (input.text('filter') === undefined && !input.on('all')) {
    const { name } = target.model
    throw new UsageError(`Expected ${name}/ID, a --filter, or --all for every ${name}.`)
  }
  const records = await selected(core, input, target.model)
  return records.map(({ id }) => Number(id))
}
