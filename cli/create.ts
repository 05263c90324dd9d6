import type { Command } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { withCore } from './client/core-client.ts'
import { formOf, outputFlags, print } from './client/print.ts'
import { readValues } from './client/values.ts'
import { writtenText } from './client/written-text.ts'
import { valuesParameter } from './set.ts'

/** Creates one record. */
export const createCommand: Command = {
  parameters: [{ name: 'MODEL', help: 'a model, in upper or lower case' }, valuesParameter],
  flags: { ...outputFlags, ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core) => {
      const form = formOf(input)
      const [word = '', ...words] = input.parameters
      const model = core.models.named(word)
      const written = await core.create(model, readValues(model, words))
      print(world, form, written.record, () => writtenText('Created', model.name, written))
      return 0
    }),
}
