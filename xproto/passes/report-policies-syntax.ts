import { policyFrom } from '../policies/read.ts'
import type { Check } from './check.ts'

/** Each policy is written in the language of policies. */
export const reportPoliciesSyntax: Check = (program, report) => {
  for (const { statements } of program.files) {
    for (const node of statements) {
      if (node.kind === 'policy') policyFrom(node).diagnostics.forEach(report)
    }
  }
}
