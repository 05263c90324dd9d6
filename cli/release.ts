import type { Explanation } from '#core'
import type { Command } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { adminMethod, withCore } from './client/core-client.ts'
import { idOf, readTarget } from './client/selection.ts'
import { UsageError } from './usage-error.ts'

type ReleaseReply = { readonly explanation_json?: string }

/** Lets a deleted record go without its delete step, when what that would undo is gone for good. */
export const releaseCommand: Command = {
  parameters: [
    { name: 'MODEL/ID', help: 'a model, in upper or lower case, and the id of a deleted record' },
  ],
  flags: {
    reason: { kind: 'text', help: 'Why, for the audit; has to be given', value: 'TEXT' },
    ...connectionFlags,
  },
  variables: connectionVariables,

  run(input, world) {
    const reason = input.text('reason')?.trim() ?? ''
    if (reason === '') {
      throw new UsageError('Expected --reason TEXT: why the record goes without its delete step.')
    }
    return withCore(world, input, async (core, connection) => {
      const target = readTarget(core, input.parameter)
      const [model, id] = [target.model.name, await idOf(core, target)]
      const request = { model, id, reason }
      const { reply } = await connection.call<ReleaseReply>(adminMethod('Release'), request)
      const { explanation_json: left = '' } = reply
      const state = left === '' ? 'It is gone.' : (JSON.parse(left) as Explanation).sentence
      world.stdout.write(`Released ${model}/${id}. ${state}\n`)
      return 0
    })
  },
}
