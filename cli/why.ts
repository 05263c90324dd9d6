import type { Explanation } from '#core'
import type { Command } from './command.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { adminMethod, withCore } from './client/core-client.ts'
import { formOf, outputFlags, print, tableOf } from './client/print.ts'
import { idOf, readTarget, targetParameter } from './client/selection.ts'

const tableFor = (model: string, explanations: readonly Explanation[]): string => {
  if (explanations.length === 0) return `All records of ${model} are in sync.\n`
  return tableOf(
    ['record', 'name', 'reason', 'sentence'],
    explanations.map((one) => [`${one.model}/${one.id}`, one.name, one.reason, one.sentence]),
    true,
  )
}

/** Says why a record is not synced; of a model, why those that are not are not. */
export const whyCommand: Command = {
  parameters: [targetParameter],
  flags: { ...outputFlags, ...connectionFlags },
  variables: connectionVariables,

  run: (input, world) =>
    withCore(world, input, async (core, connection) => {
      const form = formOf(input)
      const target = readTarget(core, input.parameter)
      const model = target.model.name
      const id = target.key === undefined ? 0 : await idOf(core, target)
      const { reply } = await connection.call<{ readonly explanations_json: readonly string[] }>(
        adminMethod('Why'),
        { model, id },
      )
      const explanations = reply.explanations_json.map((text) => JSON.parse(text) as Explanation)
      const [only] = explanations
      if (id !== 0 && only !== undefined) {
        print(world, form, only, () => `${only.model}/${only.id}: ${only.sentence}\n`)
      } else print(world, form, explanations, () => tableFor(model, explanations))
      return 0
    }),
}
