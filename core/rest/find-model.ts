import { didYouMean, type Model, type Schema } from '#xproto'
import { CoreError } from '../errors.ts'

const byPath = new WeakMap<Schema, ReadonlyMap<string, Model>>()

const paths = (schema: Schema): ReadonlyMap<string, Model> => {
  const known =
    byPath.get(schema) ??
    new Map(schema.models.flatMap((model) => (model.abstract ? [] : [[model.restPath, model]])))
  byPath.set(schema, known)
  return known
}

/** The model whose collection has this path. Throws NOT_FOUND. */
export const findModel = (schema: Schema, path: string): Model => {
  const model = paths(schema).get(path)
  if (model !== undefined) return model
  throw new CoreError('NOT_FOUND', `There is no ${path} here: no model has this path`)
}

/** The model of that name. Throws NOT_FOUND. */
export const namedModel = (schema: Schema, name: string): Model => {
  const model = schema.model(name)
  if (model !== undefined && !model.abstract) return model
  const names = schema.models.filter(({ abstract }) => !abstract).map((known) => known.name)
  throw new CoreError(
    'NOT_FOUND',
    `There is no model ${name.slice(0, 100)}${didYouMean(name.slice(0, 100), names)}`,
  )
}

const noRecord = (modelName: string, id: number | string): CoreError =>
  new CoreError('NOT_FOUND', `There is no ${modelName} with id ${id}`)

/** Does something with one record. The store's NOT_FOUND, in the words of XOS, does not say which record is not there. */
export const naming = async <T>(
  { name }: Model,
  id: number,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work()
  } catch (thrown) {
    const isMissing = thrown instanceof CoreError && thrown.code === 'NOT_FOUND'
    throw isMissing ? noRecord(name, id) : thrown
  }
}

/** The id a path ends with. Throws NOT_FOUND for what can be no id: 1 to 2147483647 in plain digits. */
export const readId = (modelName: string, text: string): number => {
  const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
  if (id > 0 && id < 2 ** 31) return id
  throw noRecord(modelName, text.slice(0, 40))
}
