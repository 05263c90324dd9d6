import { commandForEach } from './client/command-for-each.ts'

/** Touches records, so that their steps run again although nothing changed. */
export const resyncCommand = commandForEach(async (core, model, id) => {
  await core.update(model, id, {})
  return `${model.name}/${id} is to be synced again.`
})
