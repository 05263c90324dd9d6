import { commandForEach } from './client/command-for-each.ts'

/** Deletes records; each goes once its delete step has succeeded. */
export const deleteCommand = commandForEach(async (core, model, id) => {
  await core.remove(model, id)
  return `Deleted ${model.name}/${id}.`
})
