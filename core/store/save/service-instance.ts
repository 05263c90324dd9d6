import type { Model, Schema } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { Sql } from '../database.ts'
import { isId } from '../validate.ts'
import { setIn, valueIn, type Draft } from './draft.ts'
import { firstLive } from './first-live.ts'

const ownerModelOf = (schema: Schema, model: Model): Model | undefined => {
  if (model.ownerClassName === undefined) return undefined
  const ownerModel = schema.model(model.ownerClassName)
  if (ownerModel !== undefined) return ownerModel
  throw new CoreError(
    'VALIDATION',
    `There is no model named ${model.ownerClassName} to own a ${model.name}`,
  )
}

const isLive = async (sql: Sql, schema: Schema, model: Model, id: number): Promise<boolean> => {
  const rows = await sql.query(
    `select from record
     where root = $1 and id = $2 and leaf = any($3) and not deleted`,
    [model.root, id, schema.descendants(model.name).map(({ name }) => name)],
  )
  return rows.length > 0
}

/**
 * XOS: an instance of a model with `owner_class_name` whose owner is unset, or no instance of that class, gets the
 * first live instance of the class. An owner that stays was looked at when it came.
 */
const chooseOwner = async (draft: Draft): Promise<void> => {
  const { context, model, before } = draft
  const { sql, schema } = context
  const ownerModel = ownerModelOf(schema, model)
  if (ownerModel === undefined) return
  const owner = valueIn(draft, 'owner_id')
  if (owner !== null) {
    // What is no id at all is refused with the other values.
    if (owner === before?.fields['owner_id'] || !isId(owner)) return
    if (await isLive(sql, schema, ownerModel, owner)) return
  }
  const first = await firstLive(sql, schema, ownerModel)
  if (first === undefined) {
    throw new CoreError('VALIDATION', `Cannot find eligible owner of class ${ownerModel.name}`, {
      owner_id: `create a ${ownerModel.name} first`,
    })
  }
  setIn(draft, 'owner_id', first)
}

/** A new record of a model that has a creator was made by whoever is asking. */
export const fillCreator = (draft: Draft): void => {
  if (draft.before !== undefined || valueIn(draft, 'creator_id') !== null) return
  setIn(draft, 'creator_id', draft.context.caller.userId)
}

export const prepareServiceInstance = async (draft: Draft): Promise<void> => {
  fillCreator(draft)
  await chooseOwner(draft)
}
