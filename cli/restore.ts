import { createReadStream } from 'node:fs'
import path from 'node:path'
import type { Command } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { adminMethod, withConnection } from './client/core-client.ts'
import { assertFile } from './files.ts'
import { UsageError } from './usage-error.ts'

const chunkBytes = 256 * 1024

async function* chunksOf(file: string): AsyncGenerator<{ readonly content: Buffer }> {
  const pieces = createReadStream(file, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>
  for await (const content of pieces) yield { content }
}

type Restored = { readonly rows?: number; readonly made_at?: string }

/** Restores a backup: as a whole, or not at all. */
export const restoreCommand: Command = {
  parameters: [{ name: 'FILE', help: 'a file that syncstep backup wrote' }],
  flags: {
    yes: {
      kind: 'switch',
      help: 'Replace what the core keeps now: records, users, models, history',
    },
    ...connectionFlags,
  },
  variables: connectionVariables,

  async run(input, world) {
    const file = path.resolve(world.cwd, input.parameter)
    await assertFile(file, 'a backup')
    if (!input.on('yes')) {
      throw new UsageError(
        'Expected --yes: what the core keeps now is lost when a backup is restored.',
      )
    }
    return withConnection(world, input, async (connection) => {
      const restored = await connection.send<Restored>(adminMethod('Restore'), chunksOf(file))
      const made = restored.made_at ?? 'an unknown time'
      world.stdout.write(`Restored ${restored.rows ?? 0} rows as they were at ${made}.\n`)
      return 0
    })
  },
}
