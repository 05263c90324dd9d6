import type { Diagnostic, Note } from '../diagnostics.ts'
import { checkPolicy } from '../policies/check.ts'
import { modelsOfProgram } from '../policies/models.ts'
import { policyFrom } from '../policies/read.ts'
import type { PolicyExpression } from '../policies/syntax.ts'
import type { Program } from '../program.ts'
import { validatorOptionsOf } from '../validators.ts'
import type { Check } from './check.ts'

/** A policy and a model whose records it is asked about. */
type Use = { readonly policy: string; readonly model: string; readonly note: Note }

const attachments = (program: Program): Use[] =>
  [...program.models.values()].flatMap((message) => {
    const model = message.name.text
    const attached = message.policy === undefined ? [] : [message.policy]
    const validators = validatorOptionsOf(message).map(({ policy, span }) => ({
      text: policy,
      span,
    }))
    return [...attached, ...validators].map(({ text: policy, span }) => ({
      policy,
      model,
      note: { message: `${policy} is asked about each ${model} here`, span },
    }))
  })

/** Looking at a long policy for very many models would help nobody; when it is asked, a wrong path refuses. */
const maxLookedAt = 1_000_000

/** Each path of a policy leads somewhere, for all models whose records the policy is asked about. */
export const reportPoliciesPaths: Check = (program, report) => {
  const models = modelsOfProgram(program)
  const { didYouMean } = program
  const expressions = new Map<string, PolicyExpression>()
  for (const [name, node] of program.policies) {
    const { expression } = policyFrom(node)
    if (expression !== undefined) expressions.set(name, expression)
  }

  // A path that is wrong for many models is one mistake.
  const reported = new Set<string>()
  const reportOnce = (diagnostic: Diagnostic): void => {
    const { code, span } = diagnostic
    const key = `${code} ${span.start} ${span.file}`
    if (!reported.has(key)) report(diagnostic)
    reported.add(key)
  }

  const waiting = attachments(program)
  const asked = new Set(waiting.map(({ policy, model }) => `${policy} ${model}`))
  const used = new Set<string>()
  let lookedAt = 0
  for (let use = waiting.pop(); use !== undefined; use = waiting.pop()) {
    const { policy, model, note } = use
    used.add(policy)
    const expression = expressions.get(policy)
    if (expression === undefined || lookedAt > maxLookedAt) continue
    lookedAt += expression.span.end - expression.span.start
    checkPolicy(expression, {
      models,
      didYouMean,
      model,
      notes: [note],
      report: reportOnce,
      onCall: (call, target) => {
        const key = `${call.policy.text} ${target}`
        if (asked.has(key)) return
        asked.add(key)
        const message = `${call.policy.text} is asked about a ${target} here`
        waiting.push({
          policy: call.policy.text,
          model: target,
          note: { message, span: call.span },
        })
      },
    })
  }

  for (const [name, expression] of expressions) {
    if (used.has(name)) continue
    checkPolicy(expression, {
      models,
      didYouMean,
      model: undefined,
      notes: [],
      report: (diagnostic) => reportOnce({ ...diagnostic, severity: 'warning' }),
      onCall: () => undefined,
    })
  }
}
