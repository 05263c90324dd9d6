import path from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import type { Command } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { adminMethod, withConnection } from './client/core-client.ts'
import { formOf, outputFlags, print } from './client/print.ts'
import { readText } from './files.ts'
import { documentsIn, isObject, recordsIn } from './records-in.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

type Request = { readonly recipe: string } | { readonly records_json: string }
type Applied = { readonly name: string; readonly action: string }

/** A recipe goes as it is, because its mistakes are told by line; records go as JSON. */
const requestFrom = (text: string): Request => {
  const values = documentsIn(text)
  if (values.some((value) => isObject(value) && 'tosca_definitions_version' in value)) {
    return { recipe: text }
  }
  return { records_json: JSON.stringify(values.flatMap(recordsIn)) }
}

const textFrom = async ({ cwd, stdin }: World, file: string | undefined): Promise<string> => {
  if (file === undefined) throw new UsageError('Expected -f FILE, or -f - for standard input.')
  return file === '-' ? readAll(stdin()) : readText(path.resolve(cwd, file), 'a recipe or records')
}

/** Creates and updates what a file describes: all of it, or nothing. */
export const applyCommand: Command = {
  parameters: [],
  flags: {
    file: {
      kind: 'text',
      short: 'f',
      help: 'A TOSCA recipe, or records in YAML or JSON, each with its model as "model"; - for standard input',
      value: 'FILE',
    },
    ...outputFlags,
    ...connectionFlags,
  },
  variables: connectionVariables,

  async run(input, world) {
    const form = formOf(input)
    const request = requestFrom(await textFrom(world, input.text('file')))
    return withConnection(world, input, async (connection) => {
      const { reply } = await connection.call<{ readonly items: readonly Applied[] }>(
        adminMethod('Apply'),
        request,
      )
      print(world, form, reply.items, () =>
        reply.items.map(({ name, action }) => `${name} ${action}\n`).join(''),
      )
      return 0
    })
  },
}
