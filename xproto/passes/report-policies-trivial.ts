import { warningAt } from '../diagnostics.ts'
import { policyFrom } from '../policies/read.ts'
import type { PolicyExpression } from '../policies/syntax.ts'
import type { Check } from './check.ts'

/** What an expression always says; undefined when that depends on something. */
const alwaysSays = (expression: PolicyExpression): boolean | undefined => {
  switch (expression.kind) {
    case 'literal':
      return Boolean(expression.value)
    case 'not': {
      const said = alwaysSays(expression.operand)
      return said === undefined ? undefined : !said
    }
    case 'and':
      return ofMany(expression.operands, false)
    case 'or':
      return ofMany(expression.operands, true)
    case 'implies': {
      const condition = alwaysSays(expression.left)
      if (condition === false) return true
      const said = alwaysSays(expression.right)
      return said === true || condition === true ? said : undefined
    }
    case 'exists':
      return alwaysSays(expression.body) === false ? false : undefined
    case 'forall':
      return alwaysSays(expression.body) === true ? true : undefined
    case 'equals':
      return expression.left.kind === 'literal' && expression.right.kind === 'literal'
        ? expression.left.value === expression.right.value
        : undefined
    case 'in':
    case 'path':
    case 'sub-policy':
    case 'escape':
      return undefined
  }
}

const ofMany = (operands: readonly PolicyExpression[], deciding: boolean): boolean | undefined => {
  const said = operands.map(alwaysSays)
  if (said.includes(deciding)) return deciding
  return said.includes(undefined) ? undefined : !deciding
}

/** No policy says the same whatever it is asked; a plain True says so openly. */
export const reportPoliciesTrivial: Check = (program, report) => {
  for (const node of program.policies.values()) {
    const { expression } = policyFrom(node)
    if (expression === undefined) continue
    const said = alwaysSays(expression)
    if (said === undefined || (expression.kind === 'literal' && expression.value === true)) continue
    const advice = said
      ? 'This policy always allows; write True if that is meant.'
      : 'This policy never allows anything; say who may.'
    report(warningAt('XP_POLICY_TRIVIAL', expression.span, advice))
  }
}
