import { modelDefsOf, type ModelDef, type Schema } from '#xproto'
import type { Store } from '../store/port.ts'
import type { Methods, Reply } from './methods.ts'

/** A relation between one and one is on no field: absent on this wire. */
const wireDef = (definition: ModelDef): object => ({
  ...definition,
  relations: definition.relations.map(({ on_field: field, ...relation }) =>
    field === null ? relation : { ...relation, on_field: field },
  ),
})

// Strangers may ask for it, so it is made once for each schema.
const known = new WeakMap<Schema, Reply>()

const replyOf = (schema: Schema): Reply => {
  const reply = known.get(schema) ?? { items: modelDefsOf(schema.models).map(wireDef) }
  known.set(schema, reply)
  return reply
}

/** `xos.modeldefs` (reference core-api.md 4.1). */
export const modeldefsMethods = (store: Pick<Store, 'schema'>): Methods => ({
  ListModelDefs: {
    access: 'anyone',
    answer: () => replyOf(store.schema()),
  },
})
