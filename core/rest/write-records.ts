import { Readable } from 'node:stream'
import type { Fields } from '#contract'
import type { Model } from '#xproto'

/** What this face does with some fields of a model. */
type Special = {
  /** int64 is text in protobuf's JSON: not every reader has 64-bit numbers. */
  readonly wide: readonly string[]
  /** Kept by the store, and not shown. */
  readonly kept: readonly string[]
}

const specialOf = ({ name, fields, unpublished }: Model): Special => ({
  wide: fields.flatMap((field) =>
    field.kind === 'scalar' && field.type === 'int64' ? [field.wireName] : [],
  ),
  kept: fields.flatMap((field) =>
    unpublished.has(field.name) && field.declaredIn !== name ? [field.wireName] : [],
  ),
})

// A model is immutable, so what is known of it never goes stale; it goes when the model does.
const known = new WeakMap<Model, Special>()

const cachedSpecial = (model: Model): Special => {
  const special = known.get(model) ?? specialOf(model)
  known.set(model, special)
  return special
}

const shown = (model: Model, record: Fields): Fields => {
  const { wide, kept } = cachedSpecial(model)
  if (wide.length + kept.length === 0) return record
  const texts = wide.flatMap((name) => {
    const value = record[name]
    return typeof value === 'number' ? [[name, value.toString()] as const] : []
  })
  const withheld = kept.map((name) => [name, undefined] as const)
  return { ...record, ...Object.fromEntries([...texts, ...withheld]) }
}

/** A record in JSON as functions get it with a change: its 64-bit numbers are numbers. */
export const plainRecordText = (model: Model, record: Fields): string => {
  const { kept } = cachedSpecial(model)
  const withheld = kept.map((name) => [name, undefined] as const)
  return JSON.stringify({ ...record, ...Object.fromEntries(withheld) })
}

/** A record in JSON. */
export const recordText = (model: Model, record: Fields): string =>
  JSON.stringify(shown(model, record))

const batchText = (model: Model, records: readonly Fields[]): string =>
  records.map((record) => recordText(model, record)).join(',')

/** One page of a list: `next` is there when there is more. */
export const pageText = (
  model: Model,
  records: readonly Fields[],
  next: string | undefined,
): string =>
  `{"items":[${batchText(model, records)}]${next === undefined ? '' : `,"next":${JSON.stringify(next)}`}}`

type Batches = AsyncIterator<readonly Fields[]>

async function* listText(
  model: Model,
  first: string,
  rest: Batches,
  onFailure: (thrown: unknown) => void,
): AsyncGenerator<string> {
  try {
    yield `{"items":[${first}`
    let separator = first === '' ? '' : ','
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      const text = batchText(model, next.value)
      if (text === '') continue
      yield separator + text
      separator = ','
    }
    yield ']}'
  } catch (thrown) {
    onFailure(thrown)
    // The client must not take what it has for the whole list.
    throw thrown
  } finally {
    await rest.return?.()
  }
}

/**
 * A whole list, read as fast as the client takes it, so that it needs no more memory than one batch. The first batch
 * is read before this resolves: what is wrong with the question is known by then. What fails later breaks the stream.
 */
export const streamList = async (
  model: Model,
  batches: AsyncIterable<readonly Fields[]>,
  onFailure: (thrown: unknown) => void,
): Promise<Readable> => {
  const iterator = batches[Symbol.asyncIterator]()
  const first = await iterator.next()
  const text = first.done === true ? '' : batchText(model, first.value)
  return Readable.from(listText(model, text, iterator, onFailure), {
    objectMode: false,
    highWaterMark: 2 ** 16,
  })
}
