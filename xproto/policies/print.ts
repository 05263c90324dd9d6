import type { PolicyExpression } from './syntax.ts'

/** From loosest to tightest; what stands in a tighter place than its own needs parentheses. */
const loose = 0
const disjunct = 1
const conjunct = 2
const unary = 3

const parenthesised = (text: string, isNeeded: boolean): string => (isNeeded ? `(${text})` : text)

/**
 * One canonical text per policy, on one line: reading it back gives the same tree. Parentheses show how far a
 * quantifier reaches, so that XOS takes it the same way.
 */
export const printPolicy = (expression: PolicyExpression): string => print(expression, loose)

const isChain = ({ kind }: PolicyExpression): boolean =>
  kind === 'and' || kind === 'or' || kind === 'implies'

const print = (expression: PolicyExpression, place: number): string => {
  switch (expression.kind) {
    case 'literal':
      return expression.text
    case 'path':
      return expression.names.join('.') + (expression.called ? '()' : '')
    case 'sub-policy':
      return `*${expression.policy.text}(${expression.link.text})`
    case 'escape':
      return `{{ ${expression.text} }}`
    case 'equals':
      return `${print(expression.left, unary)} = ${print(expression.right, unary)}`
    case 'in':
      return `${print(expression.left, unary)} in ${print(expression.right, unary)}`
    case 'not':
      return `not ${print(expression.operand, unary)}`
    case 'and':
      return parenthesised(
        expression.operands.map((operand) => print(operand, unary)).join(' & '),
        place > conjunct,
      )
    case 'or':
      return parenthesised(
        expression.operands.map((operand) => print(operand, conjunct)).join(' | '),
        place > disjunct,
      )
    case 'implies': {
      const text = `${print(expression.left, disjunct)} -> ${print(expression.right, loose)}`
      return parenthesised(text, place > loose)
    }
    case 'exists':
    case 'forall': {
      const body = parenthesised(print(expression.body, loose), isChain(expression.body))
      return parenthesised(`${expression.kind} ${expression.variable.text}: ${body}`, place > loose)
    }
  }
}
