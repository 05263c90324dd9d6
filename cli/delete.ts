import type { Command } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { withCore } from './client/core-client.ts'
import {
  allFlag,
  filterFlags,
  idsToChange,
  readTarget,
  targetParameter,
} from './client/selection.ts'

/** Deletes records; each goes once its delete step has succeeded. */
export const deleteCommand: Command = {
  parameters: [targetParameter],
  flags: { ...filterFlags, ...allFlag, ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core) => {
      const target = readTarget(core, input.parameter)
      for (const id of await idsToChange(core, input, target)) {
        await core.remove(target.model, id)
        world.stdout.write(`Deleted ${target.model.name}/${id}.\n`)
      }
      return 0
    }),
}
