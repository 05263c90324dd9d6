import type { Span } from '../source.ts'
import type { Identifier } from '../syntax.ts'
import type { EscapeExpression } from './escape-syntax.ts'

/** A constant: `12`, `"role:admin"`, `True`. */
type LiteralTerm = {
  readonly kind: 'literal'
  readonly value: string | number | boolean
  /** As written, with the quotes of a text. */
  readonly text: string
  readonly span: Span
}

/** `obj.site.id`, `ctx.user`, `Privilege.permission`, `obj.slices.all()`. */
export type PathTerm = {
  readonly kind: 'path'
  readonly names: readonly string[]
  /** Written with `()` behind its last name. */
  readonly called: boolean
  readonly span: Span
}

/** `*site_policy(site)`: what another policy says about the record that a path of links leads to. */
export type SubPolicyTerm = {
  readonly kind: 'sub-policy'
  readonly policy: Identifier
  /** A path of links that starts at the record itself, without `obj`. */
  readonly link: Identifier
  readonly span: Span
}

/** `{{ ' ' not in obj.name }}`: a small expression in the words of Python. */
export type EscapeTerm = {
  readonly kind: 'escape'
  /** What stands between the braces, without blanks around it. */
  readonly text: string
  readonly expression: EscapeExpression
  readonly span: Span
}

export type PolicyTerm = LiteralTerm | PathTerm | SubPolicyTerm | EscapeTerm

/** A policy as a tree. Chains of `&` and of `|` are one node each; parentheses leave no trace. */
export type PolicyExpression =
  | PolicyTerm
  | {
      readonly kind: 'and' | 'or'
      /** Two or more. */
      readonly operands: readonly PolicyExpression[]
      readonly span: Span
    }
  | {
      readonly kind: 'implies'
      readonly left: PolicyExpression
      readonly right: PolicyExpression
      readonly span: Span
    }
  | { readonly kind: 'not'; readonly operand: PolicyExpression; readonly span: Span }
  | {
      readonly kind: 'exists' | 'forall'
      /** The model whose records are asked, and the name of one of them in the body. */
      readonly variable: Identifier
      readonly body: PolicyExpression
      readonly span: Span
    }
  | {
      readonly kind: 'equals' | 'in'
      readonly left: PolicyTerm
      readonly right: PolicyTerm
      readonly span: Span
    }

/** One policy of a schema. */
export type Policy = {
  readonly name: string
  /** As written between the angle brackets, without blanks around it. */
  readonly text: string
  readonly expression: PolicyExpression
  readonly span: Span
}

/** The expressions directly below one. */
export const partsOf = (expression: PolicyExpression): readonly PolicyExpression[] => {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands
    case 'implies':
    case 'equals':
    case 'in':
      return [expression.left, expression.right]
    case 'not':
      return [expression.operand]
    case 'exists':
    case 'forall':
      return [expression.body]
    case 'literal':
    case 'path':
    case 'sub-policy':
    case 'escape':
      return []
  }
}
