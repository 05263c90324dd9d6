import type { Command } from '../command.ts'
import { connectionFlags, connectionVariables } from './connection.ts'
import { withCore, type CoreClient } from './core-client.ts'
import {
  allFlag,
  filterFlags,
  idsToChange,
  readTarget,
  targetParameter,
  type Target,
} from './selection.ts'

/** A command that does one thing with each record that is named or filtered for, and answers what it says of it. */
export const commandForEach = (
  act: (core: CoreClient, model: Target['model'], id: number) => Promise<string>,
): Command => ({
  parameters: [targetParameter],
  flags: { ...filterFlags, ...allFlag, ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core) => {
      const target = readTarget(core, input.parameter)
      for (const id of await idsToChange(core, input, target)) {
        world.stdout.write(`${await act(core, target.model, id)}\n`)
      }
      return 0
    }),
})
