import type { Explanation } from '#core'
import type { Command } from './command.ts'
import { explanationsIn, readSubject, type WhyReply } from './client/admin.ts'
import { connectionFlags, connectionVariables } from './client/connection.ts'
import { adminMethod, withCore } from './client/core-client.ts'
import { formOf, outputFlags, print, tableOf } from './client/print.ts'
import { targetParameter } from './client/selection.ts'

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
      const subject = await readSubject(core, input)
      const { reply } = await connection.call<WhyReply>(adminMethod('Why'), subject)
      const explanations = explanationsIn(reply)
      const [only] = explanations
      if (subject.id !== 0 && only !== undefined) {
        print(world, form, only, () => `${only.model}/${only.id}: ${only.sentence}\n`)
      } else print(world, form, explanations, () => tableFor(subject.model, explanations))
      return 0
    }),
}
