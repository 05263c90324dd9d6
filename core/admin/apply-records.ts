import type { Fields } from '#contract'
import { CoreError } from '../errors.ts'
import { isDeeper } from '../http/depth.ts'
import type { Caller, LockingRecords, Store } from '../store/port.ts'

/** What became of a record that was described. */
export type Applied = { readonly name: string; readonly action: 'created' | 'updated' | 'applied' }

/** How many records are written in one transaction at most. */
const mostRecords = 2000
// A list of records with their fields has three levels. What is far deeper could exhaust the stack of whoever walks it.
const mostLevels = 32

/** Fields that a record has when it is read, and that nobody writes. */
const readOnly: ReadonlySet<string> = new Set(['class_names', 'self_content_type_id'])

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const invalid = (message: string): CoreError => new CoreError('VALIDATION', message)

type Described = {
  readonly model: string
  readonly id: number | undefined
  readonly values: Fields
}

const describedFrom = (value: unknown, index: number): Described => {
  const place = `record ${index + 1}`
  if (!isObject(value)) throw invalid(`Expected ${place} to be an object with model and fields`)
  const { model, id, ...fields } = value
  if (typeof model !== 'string') throw invalid(`Expected ${place} to name its model as "model"`)
  if (id !== undefined && !(Number.isInteger(id) && Number(id) > 0)) {
    throw invalid(`Expected the id of ${place} to be a whole number from 1 up`)
  }
  const values = Object.entries(fields).filter(([name]) => !readOnly.has(name))
  return {
    model,
    id: id === undefined ? undefined : Number(id),
    values: Object.fromEntries(values),
  }
}

const parsed = (text: string): readonly Described[] => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('Expected records as a JSON array')
  }
  if (!Array.isArray(value)) throw invalid('Expected records as a JSON array')
  if (value.length > mostRecords) {
    throw invalid(
      `Expected at most ${mostRecords} records at once, got ${value.length}; split them`,
    )
  }
  if (isDeeper(value, mostLevels)) throw invalid(`Expected at most ${mostLevels} levels of nesting`)
  return value.map(describedFrom)
}

/** The record that is meant: by its id, else by its name where the model has one. */
const idOf = async (
  records: LockingRecords,
  store: Store,
  { model, id, values }: Described,
): Promise<number | undefined> => {
  const { name } = values
  if (id !== undefined || typeof name !== 'string') return id
  const hasName = store
    .schema()
    .model(model)
    ?.fields.some(({ wireName }) => wireName === 'name')
  if (hasName !== true) return undefined
  const found = await records.findAndLock(model, { name })
  if (found.length > 1) {
    throw invalid(`${found.length} records of ${model} are named "${name}"; say which by its id`)
  }
  return found[0] === undefined ? undefined : Number(found[0]['id'])
}

const save = async (
  records: LockingRecords,
  store: Store,
  described: Described,
): Promise<Applied> => {
  const { model, values } = described
  const id = await idOf(records, store, described)
  if (id !== undefined) {
    await records.update(model, id, values)
    return { name: `${model}/${id}`, action: 'updated' }
  }
  const { fields } = await records.create(model, values)
  return { name: `${model}/${String(fields['id'])}`, action: 'created' }
}

/** Says which record an error is about. */
const aboutRecord = (thrown: unknown, index: number): unknown =>
  thrown instanceof CoreError
    ? new CoreError(thrown.code, `${thrown.message} (record ${index + 1})`, thrown.fields)
    : thrown

/**
 * Creates or updates records, in the order given and all or nothing. One with an id is updated, one whose name is
 * that of a record too; others are created.
 *
 * @param text JSON: `[{"model": "Site", "name": "a", ...}, ...]`, at most 2000 of them
 */
export const applyRecords = (
  store: Store,
  text: string,
  caller: Caller,
): Promise<readonly Applied[]> => {
  const described = parsed(text)
  return store.transaction(caller, async (records) => {
    const applied: Applied[] = []
    for (const [index, one] of described.entries()) {
      const saved = await save(records, store, one).catch((thrown: unknown) => {
        throw aboutRecord(thrown, index)
      })
      applied.push(saved)
    }
    return applied
  })
}
