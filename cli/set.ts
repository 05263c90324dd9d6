import type { Command } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { withCore } from './client/core-client.ts'
import { formOf, outputFlags, print } from './client/print.ts'
import { idOf, readTarget, recordParameter } from './client/selection.ts'
import { readValues } from './client/values.ts'
import { UsageError } from './usage-error.ts'
import { writtenText } from './client/written-text.ts'

export const valuesParameter = {
  name: 'FIELD=VALUE...',
  help: 'fields and their values; of a link the id, of several ids the list with commas',
} as const

/** Changes fields of one record. */
export const setCommand: Command = {
  parameters: [recordParameter, valuesParameter],
  flags: {
    'if-revision': {
      kind: 'text',
      help: 'Only if the record is still this version, as get and set tell it; else nothing is changed',
      value: 'REVISION',
    },
    ...outputFlags,
    ...connectionFlags,
  },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core) => {
      const form = formOf(input)
      const [word = '', ...words] = input.parameters
      const target = readTarget(core, word)
      const values = readValues(target.model, words)
      const revision = input.text('if-revision')
      if (revision !== undefined && !/^\d{1,15}$/.test(revision)) {
        throw new UsageError(`Expected --if-revision to be a whole number, got "${revision}".`)
      }
      const written = await core.update(target.model, await idOf(core, target), values, revision)
      print(world, form, written.record, () => writtenText('Changed', target.model.name, written))
      return 0
    }),
}
