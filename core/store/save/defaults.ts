import type { Field, Model } from '#xproto'
import { modelNamed } from '../read.ts'
import { coreOwned } from '../row.ts'
import { normalized } from '../validate.ts'
import type { Values, WriteContext } from './draft.ts'
import { firstLive } from './first-live.ts'

const defaultOf = async ({ sql, schema, now }: WriteContext, field: Field): Promise<unknown> => {
  if (field.kind === 'scalar' && field.setOnCreate) return now / 1e6
  switch (field.default?.kind) {
    case 'value':
      return field.default.value
    case 'now':
      return now / 1e6
    case 'named':
      // The one function that core.xproto names; a record needs some site to stand on.
      if (field.default.name !== 'get_first_site') return null
      return (await firstLive(sql, schema, modelNamed(schema, 'Site'))) ?? null
    case undefined:
      return null
  }
}

/** What a new record holds: what is given, else the defaults of its fields. What the core alone writes is left out. */
export const withDefaults = async (
  context: WriteContext,
  model: Model,
  given: ReadonlyMap<Field, unknown>,
): Promise<Values> => {
  const values: Values = new Map()
  for (const field of model.fields) {
    if (coreOwned.has(field.name)) continue
    const value = given.get(field) ?? (await defaultOf(context, field))
    values.set(field, normalized(field, value))
  }
  return values
}
