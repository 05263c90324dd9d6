import type { Fields } from '#contract'
import type { Model, Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import type { Records } from '../store/port.ts'
import { matchesGlob } from './glob.ts'

/** A record, and what there is to say about it; usually nothing. */
export type ModelListEntry = {
  readonly class_name: string
  readonly id: number
  readonly info: string
}

const maxPatternLength = 256

const matcherOf = (glob: string): ((name: string) => boolean) => {
  if (glob.length <= maxPatternLength) return (name) => glob === '' || matchesGlob(glob, name)
  throw new CoreError(
    'VALIDATION',
    `Expected class_name to have at most ${maxPatternLength} characters, got ${glob.length}`,
    { class_name: 'too long' },
  )
}

/**
 * Every live record of the models whose name matches, once: as its own model where that matches too, else as the
 * ancestor that does.
 */
async function* matching(
  schema: Schema,
  records: Records,
  glob: string,
): AsyncGenerator<{ readonly model: Model; readonly record: Fields }> {
  const matches = matcherOf(glob)
  const shown = schema.models.filter(({ name, abstract }) => !abstract && matches(name))
  const names = new Set(shown.map(({ name }) => name))
  const firstOf = (leaf: string): string =>
    schema.model(leaf)?.ancestry.find((name) => names.has(name)) ?? leaf

  for (const model of shown) {
    for await (const batch of records.query(model.name, { kind: 'ALL', elements: [] })) {
      for (const record of batch) {
        if (firstOf(String(record['leaf_model_name'])) === model.name) yield { model, record }
      }
    }
  }
}

const isDirty = ({ enacted, updated }: Fields): boolean =>
  typeof enacted !== 'number' || enacted < Number(updated)

/**
 * Live records that were not synced, or written since. `glob` is matched with names of models as a shell matches files:
 * `*` and `?`; empty for all.
 */
export const listDirtyModels = async (
  schema: Schema,
  records: Records,
  glob: string,
): Promise<readonly ModelListEntry[]> => {
  const entries: ModelListEntry[] = []
  for await (const { model, record } of matching(schema, records, glob)) {
    if (isDirty(record))
      entries.push({ class_name: model.name, id: Number(record['id']), info: '' })
  }
  return entries
}

const touch = async (records: Records, model: Model, id: number): Promise<string> => {
  try {
    await records.update(model.name, id, {})
    return ''
  } catch (thrown) {
    if (thrown instanceof CoreError) return thrown.message
    throw thrown
  }
}

/**
 * Saves every live record of the models whose name matches, so that it is synced again. Answers them all; `info` says
 * why one could not be saved.
 */
export const setDirtyModels = async (
  schema: Schema,
  records: Records,
  glob: string,
): Promise<readonly ModelListEntry[]> => {
  const entries: ModelListEntry[] = []
  for await (const { model, record } of matching(schema, records, glob)) {
    const id = Number(record['id'])
    entries.push({ class_name: model.name, id, info: await touch(records, model, id) })
  }
  return entries
}
