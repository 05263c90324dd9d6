import type { Diagnostic } from '../diagnostics.ts'
import type { PolicyNode } from '../syntax.ts'
import { readPolicy } from './parse.ts'
import type { PolicyExpression } from './syntax.ts'

type ReadPolicy = {
  /** Undefined when there is a mistake. */
  readonly expression: PolicyExpression | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** A policy is read once, however many checks look at it. */
const known = new WeakMap<PolicyNode, ReadPolicy>()

/** A body without a `>` holds the rest of the file, one with too many ends early; that has been reported. */
const isMisread = ({ body: { text, span } }: PolicyNode): boolean =>
  span.end - span.start !== text.length + 2

const read = (node: PolicyNode): ReadPolicy => {
  if (isMisread(node)) return { expression: undefined, diagnostics: [] }
  const diagnostics: Diagnostic[] = []
  const expression = readPolicy(node.body, (diagnostic) => diagnostics.push(diagnostic))
  return { expression, diagnostics }
}

/** The expression of a policy, and what is wrong with how it is written. */
export const policyFrom = (node: PolicyNode): ReadPolicy => {
  const policy = known.get(node) ?? read(node)
  known.set(node, policy)
  return policy
}
