import { errorAt, warningAt, type Diagnostic, type Note, type Report } from '../diagnostics.ts'
import type { DidYouMean } from '../nearest.ts'
import type { Span } from '../source.ts'
import type { EscapePath } from './escape-syntax.ts'
import { pathsIn } from './escape-syntax.ts'
import type { Models } from './models.ts'
import { contextFlags } from './port.ts'
import type { PathTerm, PolicyExpression, PolicyTerm, SubPolicyTerm } from './syntax.ts'

/** What a term stands for. `any` could be everything: its mistake has been reported, or nobody knows its model. */
type Type =
  | { readonly kind: 'scalar'; readonly type: 'string' | 'number' | 'boolean' }
  | { readonly kind: 'record' | 'set'; readonly model: string }
  | { readonly kind: 'any' }

type Subject = {
  readonly models: Models
  readonly didYouMean: DidYouMean
  /** Model of `obj`; undefined when nobody knows. */
  readonly model: string | undefined
  /** Where the policy came to this model. */
  readonly notes: readonly Note[]
  readonly report: Report
  /** A sub-policy is asked about a record of a model. */
  readonly onCall: (call: SubPolicyTerm, model: string) => void
}

type Path = {
  readonly names: readonly string[]
  readonly called: boolean
  readonly span: Span
}

const any: Type = { kind: 'any' }
const boolean: Type = { kind: 'scalar', type: 'boolean' }
const noNone = 'Policies have no None; write not obj.name, or {{ obj.name is None }}.'

/** What people write for constants, and what they mean. */
const constantsElsewhere: ReadonlyMap<string, string> = new Map([
  ['true', 'A constant starts with a capital; write True.'],
  ['false', 'A constant starts with a capital; write False.'],
  ['None', noNone],
  ['null', noNone],
])

const contextNames = ['user', ...contextFlags]

const words = { string: 'a text', number: 'a number', boolean: 'True or False' } as const

const describe = (type: Type): string => {
  if (type.kind === 'scalar') return words[type.type]
  if (type.kind === 'any') return 'unknown'
  return type.kind === 'record' ? `a ${type.model}` : `a set of ${type.model}`
}

/**
 * Looks at every path of a policy, for records of one model: what it starts at, whether its names exist, and
 * whether it leads to something that can be compared.
 */
export const checkPolicy = (policy: PolicyExpression, subject: Subject): void => {
  const { models, didYouMean, notes, onCall } = subject
  const report = (diagnostic: Diagnostic): void =>
    subject.report({ ...diagnostic, notes: [...diagnostic.notes, ...notes] })

  const error = (code: Diagnostic['code'], span: Span, message: string): Type => {
    report(errorAt(code, span, message))
    return any
  }

  /** Where a name of a path stands. */
  const spanOf = ({ names, span }: Path, index: number): Span => {
    const start = span.start + names.slice(0, index).join('.').length + (index === 0 ? 0 : 1)
    return { ...span, start, end: start + (names[index] ?? '').length }
  }

  const recordOf = (model: string): Type => (models.has(model) ? { kind: 'record', model } : any)

  /** The wire form of a link, which other languages speak, or a name that is written wrongly. */
  const hintFor = (model: string, name: string): string => {
    const link = name.replace(/_id$/, '')
    return link !== name && models.member(model, link)?.kind === 'link'
      ? `; write ${link}.id.`
      : didYouMean(name, models.memberNames(model))
  }

  const step = (from: Type, path: Path, index: number): Type => {
    const name = path.names[index] ?? ''
    const before = path.names[index - 1] ?? ''
    const span = spanOf(path, index)
    if (from.kind === 'any') return any
    if (from.kind === 'scalar') {
      return error('XP_POLICY_FIELD', span, `${before} is ${describe(from)} and has no ${name}.`)
    }
    if (from.kind === 'set') {
      const message = `${before} is a set; write .all() behind it, and ask whether a record is in it.`
      return error('XP_POLICY_SET', span, message)
    }
    const member = models.member(from.model, name)
    if (member === undefined) {
      const hint = hintFor(from.model, name)
      const message = `${from.model} has no field or set ${name}${hint || '.'}`
      return error('XP_POLICY_FIELD', span, message)
    }
    if (member.kind === 'scalar') return member
    return member.kind === 'link'
      ? recordOf(member.target)
      : models.has(member.target)
        ? { kind: 'set', model: member.target }
        : any
  }

  const walk = (from: Type, path: Path, first: number, end: number): Type => {
    let type = from
    for (let index = first; index < end; index += 1) type = step(type, path, index)
    return type
  }

  const contextStart = (path: Path): Type => {
    const name = path.names[1]
    if (name === 'user') return recordOf('User')
    if (name !== undefined && contextFlags.has(name)) return boolean
    const hint = name === undefined ? '' : didYouMean(name, contextNames)
    const message = `ctx has user, read_access, write_access and grant_access${hint || '.'}`
    return error('XP_POLICY_CONTEXT', path.span, message)
  }

  const startOf = (path: Path, variables: readonly string[]): Type => {
    const root = path.names[0] ?? ''
    if (root === 'obj') return subject.model === undefined ? any : recordOf(subject.model)
    if (root === 'ctx') return contextStart(path)
    if (variables.includes(root)) return recordOf(root)
    const constant = path.names.length === 1 ? constantsElsewhere.get(root) : undefined
    if (constant !== undefined) return error('XP_POLICY_PATH', path.span, constant)
    const message = models.has(root)
      ? `${root} stands for no record here; write exists ${root}: ( ) around this.`
      : `A path starts at obj, at ctx or at a quantified model; write obj.${path.names.join('.')}.`
    return error('XP_POLICY_PATH', spanOf(path, 0), message)
  }

  /** What a path leads to, a call at its end left out. */
  const typeOfNames = (path: Path, variables: readonly string[], end: number): Type =>
    walk(startOf(path, variables), path, path.names[0] === 'ctx' ? 2 : 1, end)

  const typeOfPath = (path: PathTerm, variables: readonly string[]): Type => {
    const last = path.names.length - 1
    if (!path.called) {
      const type = typeOfNames(path, variables, path.names.length)
      if (type.kind !== 'set') return type
      const message = `${path.names[last] ?? ''} is a set; write .all() behind it.`
      return error('XP_POLICY_SET', spanOf(path, last), message)
    }
    if (path.names[last] !== 'all' || last === 0) {
      return error('XP_POLICY_SET', spanOf(path, last), 'Nothing but .all() can be called.')
    }
    const type = typeOfNames(path, variables, last)
    if (type.kind === 'set' || type.kind === 'any') return type
    const message = `${path.names[last - 1] ?? ''} is ${describe(type)}; only a set has .all().`
    return error('XP_POLICY_SET', spanOf(path, last), message)
  }

  const checkCall = (call: SubPolicyTerm): Type => {
    const path = { names: call.link.text.split('.'), called: false, span: call.link.span }
    if (subject.model === undefined) return boolean
    if (path.names[0] === 'obj' && models.member(subject.model, 'obj') === undefined) {
      const rest = path.names.slice(1).join('.') || 'site'
      const message = `The link is looked up in obj as it is; write *${call.policy.text}(${rest}).`
      return error('XP_POLICY_TYPE', spanOf(path, 0), message)
    }
    const type = walk(recordOf(subject.model), path, 0, path.names.length)
    if (type.kind === 'record') onCall(call, type.model)
    else if (type.kind !== 'any') {
      const message = `A policy is asked about one record; ${call.link.text} is ${describe(type)}, not a link to one.`
      error('XP_POLICY_TYPE', call.link.span, message)
    }
    return boolean
  }

  const checkEscapePath = (path: EscapePath, variables: readonly string[]): void => {
    const root = path.names[0] ?? ''
    const whole = { ...path, called: false }
    if (variables.includes(root)) {
      const message = `An escape sees obj and ctx only; compare ${root} outside of it.`
      error('XP_POLICY_ESCAPE', spanOf(whole, 0), message)
    } else if (typeOfNames(whole, [], path.names.length).kind === 'set') {
      error('XP_POLICY_SET', path.span, 'An escape cannot look into a set.')
    }
  }

  const typeOf = (term: PolicyTerm, variables: readonly string[]): Type => {
    switch (term.kind) {
      case 'literal':
        return { kind: 'scalar', type: typeof term.value as 'string' | 'number' | 'boolean' }
      case 'path':
        return typeOfPath(term, variables)
      case 'sub-policy':
        return checkCall(term)
      case 'escape':
        for (const path of pathsIn(term.expression)) checkEscapePath(path, variables)
        return any
    }
  }

  const areComparable = (left: Type, right: Type): boolean => {
    if (left.kind === 'any' || right.kind === 'any') return true
    if (left.kind === 'scalar' || right.kind === 'scalar') {
      return left.kind === 'scalar' && right.kind === 'scalar' && left.type === right.type
    }
    return models.rootOf(left.model) === models.rootOf(right.model)
  }

  const checkComparable = (span: Span, left: Type, right: Type): void => {
    if (areComparable(left, right)) return
    const isAboutId = [left, right].some(({ kind }) => kind === 'record')
    const advice = isAboutId ? 'compare a record with a record, or .id with a number' : 'check both'
    const message = `This is never true, as one side is ${describe(left)} and the other ${describe(right)}; ${advice}.`
    report(warningAt('XP_POLICY_NEVER_EQUAL', span, message))
  }

  const checkEquals = (span: Span, left: Type, right: Type): void => {
    if (left.kind !== 'set' && right.kind !== 'set') {
      checkComparable(span, left, right)
      return
    }
    error('XP_POLICY_TYPE', span, 'A set equals nothing; ask whether a record is in it.')
  }

  const checkIn = (span: Span, left: Type, right: Type): void => {
    if (right.kind === 'any') return
    if (right.kind === 'set') {
      if (left.kind === 'record') checkComparable(span, left, { ...right, kind: 'record' })
      else if (left.kind !== 'any') {
        const message = `A set holds records, and the left side is ${describe(left)}; name a link to one.`
        error('XP_POLICY_TYPE', span, message)
      }
    } else if (right.kind !== 'scalar' || right.type !== 'string') {
      const message = `"in" needs a set or a text on its right, not ${describe(right)}.`
      error('XP_POLICY_TYPE', span, message)
    } else checkComparable(span, left, right)
  }

  const checkQuantifier = (
    {
      variable: { text: variable, span },
      body,
    }: Extract<PolicyExpression, { kind: 'exists' | 'forall' }>,
    variables: readonly string[],
  ): void => {
    if (variable === 'obj' || variable === 'ctx') {
      const message = `${variable} is the word for something else; rename the model to ask about its records.`
      error('XP_POLICY_VARIABLE', span, message)
    } else if (!models.has(variable)) {
      const hint = didYouMean(variable, models.names())
      error('XP_POLICY_VARIABLE', span, `No model is named ${variable}${hint || '.'}`)
    } else if (!models.hasRecords(variable)) {
      const message = `${variable} is abstract and has no records; name a model that derives from it.`
      error('XP_POLICY_VARIABLE', span, message)
    } else if (variables.includes(variable)) {
      const message = `${variable} stands for a record already; one quantifier of a model cannot stand in another.`
      error('XP_POLICY_VARIABLE', span, message)
    }
    check(body, [...variables, variable])
  }

  const check = (expression: PolicyExpression, variables: readonly string[]): void => {
    switch (expression.kind) {
      case 'and':
      case 'or':
        for (const operand of expression.operands) check(operand, variables)
        return
      case 'implies':
        check(expression.left, variables)
        check(expression.right, variables)
        return
      case 'not':
        check(expression.operand, variables)
        return
      case 'exists':
      case 'forall':
        checkQuantifier(expression, variables)
        return
      case 'equals':
      case 'in': {
        const left = typeOf(expression.left, variables)
        const right = typeOf(expression.right, variables)
        if (expression.kind === 'equals') checkEquals(expression.span, left, right)
        else checkIn(expression.span, left, right)
        return
      }
      case 'literal':
      case 'path':
      case 'sub-policy':
      case 'escape':
        typeOf(expression, variables)
    }
  }

  check(policy, [])
}
