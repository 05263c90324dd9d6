import type { PolicyExpression, Schema } from '#xproto'

/** Policies within policies that are looked into. */
const maxDepth = 8

const isTrueForAdmins = (schema: Schema, expression: PolicyExpression, depth: number): boolean => {
  const again = (part: PolicyExpression): boolean => isTrueForAdmins(schema, part, depth)
  switch (expression.kind) {
    case 'literal':
      return expression.value === true
    case 'path':
      return expression.names.join('.') === 'ctx.user.is_admin'
    case 'or':
      return expression.operands.some(again)
    case 'and':
      return expression.operands.every(again)
    case 'implies':
      return again(expression.right)
    case 'sub-policy': {
      // Where the link leads nowhere, everybody is let through.
      const policy = schema.policies.get(expression.policy.text)
      if (policy === undefined || depth === maxDepth) return false
      return isTrueForAdmins(schema, policy.expression, depth + 1)
    }
    case 'not':
    case 'exists':
    case 'forall':
    case 'equals':
    case 'in':
    case 'escape':
      return false
  }
}

/**
 * True when the text of a policy shows that it lets administrators through whatever the record is, as all policies of
 * the core models do: then nothing has to be asked. False says nothing.
 */
export const isOpenToAdmins = (schema: Schema, policy: string): boolean => {
  const expression = schema.policies.get(policy)?.expression
  return expression !== undefined && isTrueForAdmins(schema, expression, 0)
}
