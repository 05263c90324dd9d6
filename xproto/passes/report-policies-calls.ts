import { errorAt, warningAt, type Diagnostic } from '../diagnostics.ts'
import { policyFrom } from '../policies/read.ts'
import { partsOf, type PolicyExpression, type SubPolicyTerm } from '../policies/syntax.ts'
import type { Program } from '../program.ts'
import type { PolicyNode } from '../syntax.ts'
import type { Check } from './check.ts'

type Call = { readonly call: SubPolicyTerm; readonly isBelowNot: boolean }

const callsIn = (expression: PolicyExpression, isBelowNot = false): readonly Call[] =>
  expression.kind === 'sub-policy'
    ? [{ call: expression, isBelowNot }]
    : partsOf(expression).flatMap((part) => callsIn(part, isBelowNot || expression.kind === 'not'))

const diagnosticFor = (
  program: Program,
  { call: { policy }, isBelowNot }: Call,
  later: PolicyNode | undefined,
): Diagnostic => {
  if (later === undefined) {
    const hint = program.didYouMean(policy.text, program.policies.keys())
    return errorAt(
      'XP_UNKNOWN_POLICY',
      policy.span,
      `No policy is named ${policy.text}${hint || '.'}`,
    )
  }
  const message = `A policy is defined before it is used; move ${policy.text} up.`
  const note = { message: 'defined here', span: later.name.span }
  return isBelowNot
    ? warningAt('XP_POLICY_ORDER_BELOW_NOT', policy.span, message, note)
    : errorAt('XP_POLICY_ORDER', policy.span, message, note)
}

/** A policy asks itself or policies above it, as the original demands; below a `not` it does not notice. */
export const reportPoliciesCalls: Check = (program, report) => {
  const nodes = program.files.flatMap(({ statements }) =>
    statements.filter((node) => node.kind === 'policy'),
  )
  const later = new Map(nodes.toReversed().map((node) => [node.name.text, node]))
  const defined = new Set<string>()
  for (const node of nodes) {
    defined.add(node.name.text)
    const { expression } = policyFrom(node)
    if (expression === undefined) continue
    for (const call of callsIn(expression)) {
      const { text } = call.call.policy
      if (!defined.has(text)) report(diagnosticFor(program, call, later.get(text)))
    }
  }
}
