import type { Command } from './command.ts'
import { readSubject } from './client/admin.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { adminMethod, withCore } from './client/core-client.ts'
import { targetParameter } from './client/selection.ts'
import { counted } from './tell-diagnostics.ts'

/** Lets records that failed or were put off run now; those in sync are left alone. */
export const retryCommand: Command = {
  parameters: [targetParameter],
  flags: { ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core, connection) => {
      const subject = await readSubject(core, input)
      const retry = adminMethod('Retry')
      const { reply } = await connection.call<{ readonly count?: number }>(retry, subject)
      const count = reply.count ?? 0
      world.stdout.write(
        count === 0
          ? 'Nothing to retry: what there is is in sync or runs already.\n'
          : `${counted(count, 'record')} to run now.\n`,
      )
      return 0
    }),
}
