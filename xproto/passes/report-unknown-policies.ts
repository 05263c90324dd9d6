import { errorAt, type Diagnostic } from '../diagnostics.ts'
import type { Program } from '../program.ts'
import type { Identifier, MessageNode } from '../syntax.ts'
import { validatorOptionsOf } from '../validators.ts'
import type { Check } from './check.ts'

const policiesUsedBy = (message: MessageNode): readonly Identifier[] => [
  ...(message.policy === undefined ? [] : [message.policy]),
  ...validatorOptionsOf(message).map(({ policy, span }) => ({ text: policy, span })),
]

/** Those have no effect, so that a wrong one does no harm. */
const policiesOfFields = (program: Program, message: MessageNode): readonly Identifier[] =>
  program
    .fieldsOf(message)
    .map(({ policy }) => policy)
    .filter((policy) => policy !== undefined)

/** Each policy that is attached, or named as a validator, exists. */
export const reportUnknownPolicies: Check = (program, report) => {
  const reportUnknown = (code: Diagnostic['code'], names: readonly Identifier[]): void => {
    for (const { text, span } of names) {
      if (program.policies.has(text)) continue
      const hint = program.didYouMean(text, program.policies.keys())
      const advice = `No policy is named ${text}${hint || '; define it, or add the file that does.'}`
      report(errorAt(code, span, advice))
    }
  }
  for (const message of program.messages) {
    reportUnknown('XP_UNKNOWN_POLICY', policiesUsedBy(message))
    reportUnknown('XP_UNKNOWN_FIELD_POLICY', policiesOfFields(program, message))
  }
}
