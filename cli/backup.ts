import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from './command.ts'
import { connectionFlags, connectionVariables, type Connection } from './client/connection.ts'
import { adminMethod, withConnection } from './client/core-client.ts'
import { fileFailure } from './files.ts'

const write = async (draft: string, connection: Connection): Promise<number> => {
  const handle = await open(draft, 'wx', 0o600)
  try {
    let bytes = 0
    const chunks = connection.stream<{ readonly content?: Uint8Array }>(adminMethod('Backup'), {})
    for await (const { content } of chunks) {
      if (content === undefined) continue
      await handle.writeFile(content)
      bytes += content.length
    }
    await handle.sync()
    return bytes
  } finally {
    await handle.close()
  }
}

/** Writes a backup; the file is there when all of it is. */
export const backupCommand: Command = {
  parameters: [{ name: 'FILE', help: 'the file to write, readable for its owner only' }],
  flags: { ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withConnection(world, input, async (connection) => {
      const file = path.resolve(world.cwd, input.parameter)
      const draft = `${file}.${randomUUID()}`
      try {
        const bytes = await write(draft, connection)
        await rename(draft, file)
        world.stdout.write(`Wrote ${bytes} bytes to ${input.parameter}.\n`)
      } catch (error) {
        await rm(draft, { force: true })
        throw error instanceof Error && 'syscall' in error
          ? fileFailure(`Cannot write ${file}`, error)
          : error
      }
      return 0
    }),
}
