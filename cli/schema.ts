import { contractSchemas } from '#contract'
import type { Command } from './command.ts'
import { UsageError } from './usage-error.ts'

const summaries = Object.fromEntries(
  Object.entries(contractSchemas).map(([name, { title }]) => [name, title]),
)

/** Writes the JSON Schemas of the function contract, for authors in other languages. */
export const schemaCommand: Command = {
  parameters: [{ name: 'NAME', help: 'what to describe, see below' }],
  flags: {},
  variables: {},
  lists: { Schemas: summaries },

  async run({ parameter: name }, { stdout }) {
    const schema = Object.entries(contractSchemas).find(([known]) => known === name)?.[1]
    if (schema === undefined) {
      throw new UsageError(`Unknown schema "${name}".`, {
        word: name,
        known: Object.keys(contractSchemas),
      })
    }
    stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`)
    return 0
  },
}
