import { errorAt } from '../diagnostics.ts'
import { badPlaceholderIn, messageParts } from '../policies/messages.ts'
import { modelsOfProgram, type Models } from '../policies/models.ts'
import type { Program } from '../program.ts'
import { validatorOptionsOf } from '../validators.ts'
import type { Check } from './check.ts'

const problemWith = (
  { didYouMean }: Program,
  models: Models,
  model: string,
  path: readonly string[],
): string | undefined => {
  let at = model
  for (const [index, name] of path.entries()) {
    const member = models.member(at, name)
    const isLast = index === path.length - 1
    if (member === undefined) {
      return models.has(at)
        ? `${at} has no field ${name}${didYouMean(name, models.memberNames(at)) || '.'}`
        : undefined
    }
    if (member.kind === 'set') return `${name} is a set, and a message shows one value.`
    if (member.kind === 'scalar')
      return isLast ? undefined : `${name} is a value and has no fields.`
    if (isLast) return `${name} is a record; name one of its fields, as in ${name}.id.`
    at = member.target
  }
  return undefined
}

/** Each placeholder in the message of a validator stands for a value of the record. */
export const reportPoliciesMessages: Check = (program, report) => {
  const models = modelsOfProgram(program)
  for (const message of program.models.values()) {
    for (const { message: text, span } of validatorOptionsOf(message)) {
      const fail = (problem: string): void => report(errorAt('XP_VALIDATOR_MESSAGE', span, problem))
      const bad = badPlaceholderIn(text)
      if (bad !== undefined) {
        const shown = JSON.stringify(bad.slice(0, 60))
        fail(`${shown} stands for nothing; write {obj.name}, and {{ or }} for a brace.`)
      }
      for (const part of messageParts(text)) {
        if (typeof part === 'string') continue
        const problem = problemWith(program, models, message.name.text, part.names.slice(1))
        if (problem !== undefined) fail(`{${part.names.join('.')}}: ${problem}`)
      }
    }
  }
}
