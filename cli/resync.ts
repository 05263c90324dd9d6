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

/** Touches records, so that their steps run again although nothing changed. */
export const resyncCommand: Command = {
  parameters: [targetParameter],
  flags: { ...filterFlags, ...allFlag, ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core) => {
      const target = readTarget(core, input.parameter)
      for (const id of await idsToChange(core, input, target)) {
        await core.update(target.model, id, {})
        world.stdout.write(`${target.model.name}/${id} is to be synced again.\n`)
      }
      return 0
    }),
}
