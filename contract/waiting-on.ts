import { isJsonObject, ownValue } from './json.ts'
import { keyFrom, type Key } from './key.ts'

const states = ['synced', 'changed', 'deleted'] as const

/**
 * What a record may come to that another one waits for: it is brought about; it is written, brought about or deleted;
 * it is deleted, and its delete step is done. A status that is written on it counts for nothing.
 */
export type AwaitedState = (typeof states)[number]

/** What a function waits for before it can do its work: a record, and the state it has to come to. */
export type WaitingOn = Key & { readonly state: AwaitedState }

const longestName = 255
/** The largest id that a record can have. */
const largestId = 2_147_483_647

const isState = (value: unknown): value is AwaitedState => states.some((state) => state === value)

/** `{"model", "id", "state"}` of an answer, where `state` may be left out; undefined when it is something else. */
export const waitingOnFrom = (value: unknown): WaitingOn | undefined => {
  if (!isJsonObject(value)) return undefined
  const [model, id] = [ownValue(value, 'model'), ownValue(value, 'id')]
  const state = ownValue(value, 'state') ?? 'changed'
  if (typeof model !== 'string' || model.length > longestName) return undefined
  if (typeof id !== 'number' || id > largestId || !isState(state)) return undefined
  const key = keyFrom(`${model}/${id}`)
  return key && { ...key, state }
}
