import { pathsIn } from './escape-syntax.ts'
import { evaluateEscape, type EscapeValue } from './evaluate-escape.ts'
import {
  allOf,
  anyOf,
  constant,
  exists,
  isConstant,
  not,
  present,
  unknown,
  type Filter,
} from './filter.ts'
import type { Models } from './models.ts'
import {
  contextFlags,
  PolicyError,
  type PolicyContext,
  type PolicyPort,
  type PolicyRecord,
} from './port.ts'
import type { EscapeTerm, PathTerm, PolicyExpression, PolicyTerm, SubPolicyTerm } from './syntax.ts'
import {
  areEqual,
  idOf,
  idOfRow,
  isIn,
  isTrue,
  nothing,
  scalar,
  type Row,
  type Value,
} from './value.ts'

/** What is the same for all of one question. */
export type Question = {
  readonly models: Models
  /** Undefined in a validator, where nobody asks. */
  readonly context: PolicyContext | undefined
  readonly port: PolicyPort
  /** What a policy says about a record that is at hand. */
  readonly ask: (policy: string, record: PolicyRecord) => Promise<Filter>
  /** The same for a record that is not: a filter about it. */
  readonly inline: (policy: string, row: Row, place: Place) => Promise<Filter>
  /** False as soon as there is too much to go on. */
  readonly goOn: () => boolean
}

/** Where in a policy we are. */
export type Place = {
  /** The record it is asked about. */
  readonly obj: Value
  /** Rows that quantifiers have brought in, by model. */
  readonly rows: ReadonlyMap<string, Row>
  /** Free for the next quantifier. */
  readonly nextRow: number
  /** Policies whose filters this one becomes part of. */
  readonly within: readonly string[]
}

const refuse = (name: string, model: string): never => {
  throw new PolicyError('POLICY_PATH', `${model} has no ${name}, which a policy asks for`)
}

const memberOfRecord = async (
  { models, port }: Question,
  record: PolicyRecord,
  name: string,
): Promise<Value> => {
  const member = models.member(record.model, name)
  if (member === undefined) return refuse(name, record.model)
  if (name === 'id') return scalar(record.id)
  if (member.kind === 'set') return { kind: 'set', set: member, owner: idOf(record) }
  if (member.kind === 'link') {
    const found = await port.link(record, name)
    return found === null ? nothing : { kind: 'record', record: found }
  }
  return scalar(Object.hasOwn(record.fields, name) ? record.fields[name] : null)
}

const memberOfRow = (models: Models, from: Row, name: string): Value => {
  const member = models.member(from.model, name)
  if (member === undefined) return refuse(name, from.model)
  if (member.kind === 'set') return { kind: 'set', set: member, owner: idOfRow(from) }
  if (member.kind === 'link') {
    return { ...from, links: [...from.links, name], model: member.target }
  }
  const operand = { ...idOfRow(from), field: name }
  return { kind: 'field', operand, type: member.type }
}

/** Follows names from a value. Whatever is behind null is null. */
const walk = async (question: Question, from: Value, names: readonly string[]): Promise<Value> => {
  let value = from
  for (const name of names) {
    if (value.kind === 'scalar' && value.value === null) return nothing
    if (value.kind === 'record') value = await memberOfRecord(question, value.record, name)
    else if (value.kind === 'row') value = memberOfRow(question.models, value, name)
    else refuse(name, 'A value')
  }
  return value
}

const valueInContext = async (
  question: Question,
  [name = '', ...rest]: readonly string[],
): Promise<Value> => {
  const { context } = question
  if (context === undefined) return nothing
  if (contextFlags.has(name)) return scalar(name === `${context.access}_access`)
  if (name !== 'user') return refuse(name, 'ctx')
  if (context.user !== null) {
    return await walk(question, { kind: 'record', record: context.user }, rest)
  }
  return rest.join('.') === 'is_admin' ? scalar(false) : nothing
}

export const valueOfPath = async (
  question: Question,
  place: Place,
  [root = '', ...names]: readonly string[],
): Promise<Value> => {
  if (root === 'ctx') return await valueInContext(question, names)
  const start = root === 'obj' ? place.obj : place.rows.get(root)
  if (start === undefined) return refuse(root, 'A policy')
  return await walk(question, start, names)
}

/** The value of a path, the call at its end made. */
const valueOfTerm = async (
  question: Question,
  place: Place,
  { names, called }: PathTerm,
): Promise<Value> => {
  if (!called) return await valueOfPath(question, place, names)
  const value = await valueOfPath(question, place, names.slice(0, -1))
  const name = names.at(-1) ?? ''
  const isSet = value.kind === 'set' || (value.kind === 'scalar' && value.value === null)
  return isSet && name === 'all' ? value : refuse(`${name}()`, names.slice(0, -1).join('.'))
}

const inEscape = (value: Value): EscapeValue | undefined => {
  if (value.kind === 'scalar') return value.value
  if (value.kind !== 'record') return undefined
  const { model, id } = value.record
  return { identity: `${model}/${String(id)}` }
}

const valueOfEscape = async (
  question: Question,
  place: Place,
  { expression }: EscapeTerm,
): Promise<Value> => {
  const values = new Map<string, EscapeValue>()
  for (const { names } of pathsIn(expression)) {
    const found = await valueOfPath(question, place, names)
    const isOdd = found.kind === 'set' || place.rows.has(names[0] ?? '')
    if (isOdd) return refuse(names.join('.'), 'An escape')
    const value = inEscape(found)
    if (value === undefined) return { kind: 'filter', filter: unknown('an escape') }
    values.set(names.join('.'), value)
  }
  const value = evaluateEscape(expression, (names) => values.get(names.join('.')) ?? null)
  return typeof value === 'object' && value !== null ? scalar(true) : scalar(value)
}

const askSubPolicy = async (
  question: Question,
  place: Place,
  { policy, link }: SubPolicyTerm,
): Promise<Filter> => {
  const value = await walk(question, place.obj, link.text.split('.'))
  if (value.kind === 'record') return await question.ask(policy.text, value.record)
  // Everybody may access what is not there.
  if (value.kind === 'scalar' && value.value === null) return constant(true)
  if (value.kind !== 'row') return refuse(link.text, 'The record')
  const filter = await question.inline(policy.text, value, place)
  return anyOf([not(present(idOfRow(value))), filter])
}

const valueOf = async (question: Question, place: Place, term: PolicyTerm): Promise<Value> => {
  switch (term.kind) {
    case 'literal':
      return scalar(term.value)
    case 'path':
      return await valueOfTerm(question, place, term)
    case 'sub-policy':
      return { kind: 'filter', filter: await askSubPolicy(question, place, term) }
    case 'escape':
      return await valueOfEscape(question, place, term)
  }
}

const reduceChain = async (
  question: Question,
  place: Place,
  kind: 'and' | 'or',
  operands: readonly PolicyExpression[],
): Promise<Filter> => {
  const filters: Filter[] = []
  for (const operand of operands) {
    const filter = await reduce(question, place, operand)
    if (isConstant(filter, kind === 'or')) return filter
    filters.push(filter)
  }
  return kind === 'and' ? allOf(filters) : anyOf(filters)
}

const reduceBody = async (
  question: Question,
  { rows, nextRow, ...place }: Place,
  model: string,
  body: PolicyExpression,
): Promise<Filter> => {
  const row: Row = { kind: 'row', row: nextRow, links: [], model }
  const inner = { ...place, rows: new Map([...rows, [model, row]]), nextRow: nextRow + 1 }
  return await reduce(question, inner, body)
}

/**
 * What is left of a policy once all that is known has been put in: from left to right, and no further than needed.
 * About a record at hand only questions to the store are left, and outside of quantifiers they are asked at once.
 */
export const reduce = async (
  question: Question,
  place: Place,
  expression: PolicyExpression,
): Promise<Filter> => {
  if (!question.goOn()) return unknown('the filter would be too long')
  const filter = await reduceOpen(question, place, expression)
  const canAsk = place.obj.kind === 'record' && place.rows.size === 0
  return canAsk && filter.kind !== 'constant' ? constant(await question.port.holds(filter)) : filter
}

const reduceOpen = async (
  question: Question,
  place: Place,
  expression: PolicyExpression,
): Promise<Filter> => {
  const { models } = question
  switch (expression.kind) {
    case 'and':
    case 'or':
      return await reduceChain(question, place, expression.kind, expression.operands)
    case 'implies': {
      const condition = await reduce(question, place, expression.left)
      if (isConstant(condition, false)) return constant(true)
      return anyOf([not(condition), await reduce(question, place, expression.right)])
    }
    case 'not':
      return not(await reduce(question, place, expression.operand))
    case 'exists': {
      const model = expression.variable.text
      const where = await reduceBody(question, place, model, expression.body)
      return exists(model, place.nextRow, where)
    }
    case 'forall': {
      const model = expression.variable.text
      const where = await reduceBody(question, place, model, expression.body)
      return not(exists(model, place.nextRow, not(where)))
    }
    case 'equals': {
      const left = await valueOf(question, place, expression.left)
      return areEqual(models, left, await valueOf(question, place, expression.right))
    }
    case 'in': {
      const left = await valueOf(question, place, expression.left)
      return isIn(models, left, await valueOf(question, place, expression.right), place.nextRow)
    }
    case 'literal':
    case 'path':
    case 'sub-policy':
    case 'escape':
      return isTrue(await valueOf(question, place, expression), place.nextRow)
  }
}
