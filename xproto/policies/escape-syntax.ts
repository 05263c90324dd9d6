import type { Span } from '../source.ts'

export type EscapePath = {
  readonly kind: 'path'
  /** `['obj', 'site', 'login_base']`. */
  readonly names: readonly string[]
  readonly span: Span
}

/** What an escape holds. `!=`, `not in` and `is not` are a comparison below a `not`. */
export type EscapeExpression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | EscapePath
  | { readonly kind: 'length'; readonly operand: EscapeExpression }
  | {
      readonly kind: 'starts-with' | 'ends-with'
      readonly operand: EscapeExpression
      readonly part: EscapeExpression
    }
  | { readonly kind: 'lower' | 'upper' | 'strip'; readonly operand: EscapeExpression }
  | {
      readonly kind: '+' | '-' | '==' | '<' | '<=' | '>' | '>=' | 'in'
      readonly left: EscapeExpression
      readonly right: EscapeExpression
    }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly EscapeExpression[] }
  | { readonly kind: 'not'; readonly operand: EscapeExpression }

/** Every path in an escape, in the order in which they stand there. */
export const pathsIn = (expression: EscapeExpression): readonly EscapePath[] => {
  switch (expression.kind) {
    case 'path':
      return [expression]
    case 'literal':
      return []
    case 'and':
    case 'or':
      return expression.operands.flatMap(pathsIn)
    case 'length':
    case 'lower':
    case 'upper':
    case 'strip':
    case 'not':
      return pathsIn(expression.operand)
    case 'starts-with':
    case 'ends-with':
      return [...pathsIn(expression.operand), ...pathsIn(expression.part)]
    case '+':
    case '-':
    case '==':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
      return [...pathsIn(expression.left), ...pathsIn(expression.right)]
  }
}
