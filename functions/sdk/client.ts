import type { Fields } from '#contract'
import { CoreClientError } from './client-error.ts'
import { createCoreHttp, type CoreAnswer, type CoreHttpOptions } from './client-http.ts'
import type {
  AnyModels,
  FilterOf,
  Linked,
  NameOf,
  OrderOf,
  StoredOf,
  ValuesOf,
} from './client-types.ts'
import { listPath, recordPath, transactionPath, wireValues } from './client-wire.ts'
import type { KnownModels } from './model-types.ts'

export { CoreClientError, type CoreClientErrorCode } from './client-error.ts'
export type { AnyModels, Linked } from './client-types.ts'

export type UpdateOptions = {
  /** The record as it was read by `get` or written: CONFLICT when somebody else has written it since. */
  readonly ifUnchanged?: object
  /** Calls the step and the policy of the record even when nothing differs, as {@link CoreClient.touch}. */
  readonly touch?: boolean
}

export type ListOptions<Models extends KnownModels<Models>, Name extends NameOf<Models>> = {
  /** @default all that are not deleted */
  readonly where?: FilterOf<Models, Name>
  /** What is equal by these fields comes by id. */
  readonly order?: readonly OrderOf<Models, Name>[]
}

/** A record, or its id. */
type RecordOrId = number | { readonly id: number }
type Which = number | Linked

/** The writes of a transaction, to be sent together. What they answer stands for the record in later ones. */
export type Writes<Models extends KnownModels<Models> = AnyModels> = {
  create<Name extends NameOf<Models>>(model: Name, values: ValuesOf<Models, Name>): Linked
  update<Name extends NameOf<Models>>(
    model: Name,
    record: Which,
    values: ValuesOf<Models, Name>,
    options?: UpdateOptions,
  ): Linked
  upsert<Name extends NameOf<Models>>(
    model: Name,
    by: readonly (keyof ValuesOf<Models, Name> & string)[],
    values: ValuesOf<Models, Name>,
    options?: Pick<UpdateOptions, 'touch'>,
  ): Linked
  delete(model: NameOf<Models>, record: Which, options?: Pick<UpdateOptions, 'ifUnchanged'>): void
  touch(model: NameOf<Models>, record: Which): Linked
}

/**
 * Reads and writes records for a step, as far as the step may. Everything rejects with {@link CoreClientError}, and with
 * the reason of its signal once that has fired. What the core could not answer is asked for again a few times; a write
 * that is sent again is done once.
 */
export type CoreClient<Models extends KnownModels<Models> = AnyModels> = {
  /** Rejects with NOT_FOUND. A deleted record is there until its delete step is done. */
  get<Name extends NameOf<Models>>(model: Name, id: number): Promise<StoredOf<Models, Name>>
  /** All that have these values, by id; at most 10 000, else it rejects with TOO_LARGE: `list` takes any number. */
  find<Name extends NameOf<Models>>(
    model: Name,
    where: FilterOf<Models, Name>,
  ): Promise<readonly StoredOf<Models, Name>[]>
  /** That with the smallest id; undefined when there is none. */
  first<Name extends NameOf<Models>>(
    model: Name,
    where?: FilterOf<Models, Name>,
  ): Promise<StoredOf<Models, Name> | undefined>
  exists<Name extends NameOf<Models>>(model: Name, where?: FilterOf<Models, Name>): Promise<boolean>
  /** All that match, page by page while they are taken. */
  list<Name extends NameOf<Models>>(
    model: Name,
    options?: ListOptions<Models, Name>,
  ): AsyncIterable<StoredOf<Models, Name>>

  create<Name extends NameOf<Models>>(
    model: Name,
    values: ValuesOf<Models, Name>,
  ): Promise<StoredOf<Models, Name>>
  /** Writes the given fields and no others. */
  update<Name extends NameOf<Models>>(
    model: Name,
    record: RecordOrId,
    values: ValuesOf<Models, Name>,
    options?: UpdateOptions,
  ): Promise<StoredOf<Models, Name>>
  /**
   * Updates the record that has these values of the fields `by`, or creates it, so that two who do so at once make one.
   * Rejects with INVALID when there are several.
   */
  upsert<Name extends NameOf<Models>>(
    model: Name,
    by: readonly (keyof ValuesOf<Models, Name> & string)[],
    values: ValuesOf<Models, Name>,
    options?: Pick<UpdateOptions, 'touch'>,
  ): Promise<StoredOf<Models, Name>>
  /** One that is gone already counts as deleted. All that links to it goes with it. */
  delete(
    model: NameOf<Models>,
    record: RecordOrId,
    options?: Pick<UpdateOptions, 'ifUnchanged'>,
  ): Promise<void>
  /** Lets the step and the policy of the record look at it again. */
  touch<Name extends NameOf<Models>>(
    model: Name,
    record: RecordOrId,
  ): Promise<StoredOf<Models, Name>>
  /**
   * Gathers writes, at most 1000, and does all of them or none. Answers the records as they were written, in the order
   * of the writes; undefined where one was deleted. An error says which operation it is about.
   *
   * @example
   * await client.transaction((writes) => {
   *   const slice = writes.create('Slice', { name: 'lab', site_id: 1 })
   *   writes.create('Network', { name: 'lan', owner: slice, template_id: 1 })
   * })
   */
  transaction(
    gather: (writes: Writes<Models>) => void,
  ): Promise<readonly (AnyModels[string]['fields'] | undefined)[]>
}

export type CoreClientOptions = CoreHttpOptions

const pageSize = 200
const mostFound = 10_000

type Stored = AnyModels[string]['fields']

/** As the REST face takes it. */
type WireOperation = { readonly op: string; readonly model: string } & Fields

const idOf = (record: Which): Linked['id'] => (typeof record === 'number' ? record : record.id)

const notUnderstood = (): CoreClientError =>
  new CoreClientError({ code: 'FAILED', detail: 'The core answered something unexpected' })

const isRecord = (value: unknown): value is Stored =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number'

const requireRecord = (value: unknown): Stored => {
  if (isRecord(value)) return value
  throw notUnderstood()
}

const itemsIn = ({ body: { items } }: CoreAnswer): readonly unknown[] => {
  if (Array.isArray(items)) return items
  throw notUnderstood()
}

/**
 * A client for one step.
 *
 * @example
 * const access = { url: 'http://core:30006', token: 'sst_...' }
 * const client = createCoreClient({ ...access, fetch, clock, newKey: randomUUID })
 */
export const createCoreClient = <Models extends KnownModels<Models> = AnyModels>(
  options: CoreClientOptions,
): CoreClient<Models> => {
  const http = createCoreHttp(options)
  // What no user of a record has to see, or could copy into another.
  const revisions = new WeakMap<object, number>()

  const remember = (record: Stored, revision: unknown): Stored => {
    if (typeof revision === 'number' && Number.isSafeInteger(revision)) {
      revisions.set(record, revision)
    }
    return record
  }

  const seen = ({ ifUnchanged }: UpdateOptions): { readonly if_revision?: number } => {
    if (ifUnchanged === undefined) return {}
    const revision = revisions.get(ifUnchanged)
    if (revision !== undefined) return { if_revision: revision }
    throw new TypeError('Expected ifUnchanged to be a record that this client got or wrote')
  }

  /** Writes into a list of operations. */
  const writesTo = (operations: WireOperation[]): Writes => {
    const add = (operation: WireOperation): Linked => {
      operations.push(operation)
      return { id: { $ref: operations.length - 1 } }
    }
    const touching = ({ touch }: UpdateOptions) => (touch === true ? { touch } : {})
    return {
      create: (model, values) => add({ op: 'create', model, values: wireValues(values) }),
      update: (model, record, values, how = {}) =>
        add({
          op: 'update',
          model,
          id: idOf(record),
          values: wireValues(values),
          ...seen(how),
          ...touching(how),
        }),
      upsert: (model, by, values, how = {}) => {
        const wire = wireValues(values)
        const names = by.map((name) => Object.keys(wireValues({ [name]: values[name] }))[0] ?? name)
        return add({ op: 'upsert', model, by: names, values: wire, ...touching(how) })
      },
      delete: (model, record, how = {}) => {
        add({ op: 'delete', model, id: idOf(record), ...seen(how) })
      },
      touch: (model, record) => add({ op: 'touch', model, id: idOf(record) }),
    }
  }

  const transaction = async (
    gather: (writes: Writes) => unknown,
  ): Promise<readonly (Stored | undefined)[]> => {
    const operations: WireOperation[] = []
    gather(writesTo(operations))
    if (operations.length === 0) return []
    const items = itemsIn(await http.post(transactionPath, { operations }))
    return items.map((item) => {
      const { record, revision } = item as Fields
      return record === undefined ? undefined : remember(requireRecord(record), revision)
    })
  }

  const write = async (gather: (writes: Writes) => unknown): Promise<Stored> =>
    requireRecord((await transaction(gather))[0])

  const page = async (model: string, where: Fields, limit: number, more: Fields = {}) => {
    const answer = await http.get(listPath(model, { where, limit, ...more }))
    const { next } = answer.body
    return {
      records: itemsIn(answer).map(requireRecord),
      next: typeof next === 'string' ? next : undefined,
    }
  }

  async function* list(
    model: string,
    { where = {}, order }: ListOptions<AnyModels, string> = {},
  ): AsyncGenerator<Stored> {
    let after: string | undefined
    do {
      const { records, next } = await page(model, where, pageSize, {
        ...(order === undefined ? {} : { order: order.join() }),
        ...(after === undefined ? {} : { after }),
      })
      yield* records
      after = next
    } while (after !== undefined)
  }

  const first = async (model: string, where: Fields = {}): Promise<Stored | undefined> =>
    (await page(model, where, 1)).records[0]

  const client: CoreClient = {
    async get(model, id) {
      const { body, etag } = await http.get(recordPath(model, id))
      const [, revision] = /^(?:W\/)?"(\d{1,16})/.exec(etag ?? '') ?? []
      return remember(requireRecord(body), Number(revision))
    },
    async find(model, where) {
      const found: Stored[] = []
      for await (const record of list(model, { where })) {
        if (found.length === mostFound) {
          const detail = `There are more than ${mostFound} such records of ${model}: use list`
          throw new CoreClientError({ code: 'TOO_LARGE', detail })
        }
        found.push(record)
      }
      return found
    },
    first,
    exists: async (model, where) => (await first(model, where)) !== undefined,
    list,
    create: (model, values) => write((writes) => writes.create(model, values)),
    update: (model, record, values, how) =>
      write((writes) => writes.update(model, record, values, how)),
    upsert: (model, by, values, how) => write((writes) => writes.upsert(model, by, values, how)),
    async delete(model, record, how) {
      await transaction((writes) => writes.delete(model, record, how))
    },
    touch: (model, record) => write((writes) => writes.touch(model, record)),
    transaction,
  }
  // What is known of the models is known to the compiler alone.
  return client as unknown as CoreClient<Models>
}
