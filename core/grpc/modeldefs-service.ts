import { modelDefsOf, type ModelDef } from '#xproto'
import type { Store } from '../store/port.ts'
import type { Methods } from './methods.ts'

/** A relation between one and one is on no field: absent on this wire. */
const wireDef = (definition: ModelDef): object => ({
  ...definition,
  relations: definition.relations.map(({ on_field: field, ...relation }) =>
    field === null ? relation : { ...relation, on_field: field },
  ),
})

/** `xos.modeldefs` (reference core-api.md 4.1). */
export const modeldefsMethods = (store: Pick<Store, 'schema'>): Methods => ({
  ListModelDefs: {
    access: 'anyone',
    answer: () => ({ items: modelDefsOf(store.schema().models).map(wireDef) }),
  },
})
