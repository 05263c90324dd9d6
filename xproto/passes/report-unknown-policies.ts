import { errorAt } from '../diagnostics.ts'
import type { Program } from '../program.ts'
import type { Identifier, MessageNode } from '../syntax.ts'
import { validatorOptionsOf } from '../validators.ts'
import type { Check } from './check.ts'

const policiesUsedBy = (program: Program, message: MessageNode): readonly Identifier[] => [
  ...(message.policy === undefined ? [] : [message.policy]),
  ...validatorOptionsOf(message).map(({ policy, span }) => ({ text: policy, span })),
  ...program
    .fieldsOf(message)
    .map(({ policy }) => policy)
    .filter((policy) => policy !== undefined),
]

/** Each policy that is attached, or named as a validator, exists. */
export const reportUnknownPolicies: Check = (program, report) => {
  for (const message of program.messages) {
    for (const { text, span } of policiesUsedBy(program, message)) {
      if (program.policies.has(text)) continue
      const hint = program.didYouMean(text, program.policies.keys())
      report(errorAt('XP_UNKNOWN_POLICY', span, `No policy is named ${text}${hint || '.'}`))
    }
  }
}
