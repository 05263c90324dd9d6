import type { Schema } from '../schema.ts'
import { constant, isExact, unknown, type Filter } from './filter.ts'
import { messageParts, printValue } from './messages.ts'
import { modelsOfSchema } from './models.ts'
import { PolicyError, type PolicyContext, type PolicyPort, type PolicyRecord } from './port.ts'
import { reduce, valueOfPath, type Place, type Question } from './reduce.ts'
import type { Policy } from './syntax.ts'
import type { Value } from './value.ts'

/** Policies that ask policies, one inside the other. */
const maxDepth = 32

/** Questions that one question leads to. Only links that branch at each step get that far. */
const maxQuestions = 10_000

/** Parts of a filter. What grows beyond is cheaper to check record by record. */
const maxFilterParts = 2000

/** Which records of a model a policy lets through. */
export type PolicyPlan = {
  /** About the records of the model, as row 0. */
  readonly filter: Filter
  /** False when something in the filter is unknown: see {@link prefilterOf}. */
  readonly isExact: boolean
}

export type PolicyEvaluator = {
  /**
   * Whether a policy allows what is asked of a record. Without a policy everything is allowed.
   * Throws {@link PolicyError} when it cannot be evaluated; access must be refused then.
   */
  evaluate(
    policy: string | undefined,
    record: PolicyRecord,
    context: PolicyContext,
    port: PolicyPort,
  ): Promise<boolean>
  /**
   * The same for all records of a model at once. Asks the port about the user only, never about a record; the filter
   * is `true` where everything is allowed. Never throws a {@link PolicyError}: what cannot be said is unknown.
   */
  plan(
    policy: string | undefined,
    model: string,
    context: PolicyContext,
    port: PolicyPort,
  ): Promise<PolicyPlan>
  /** Messages of the validators of its model that a record fails, in their order, placeholders filled in. */
  failures(record: PolicyRecord, port: PolicyPort): Promise<readonly string[]>
}

const placeOf = (obj: Value): Place => ({ obj, rows: new Map(), nextRow: 1, within: [] })

/** A link is followed once, however many paths lead through it. */
const rememberingLinks = (port: PolicyPort): PolicyPort => {
  const known = new Map<PolicyRecord, Map<string, Promise<PolicyRecord | null>>>()
  return {
    holds: (filter) => port.holds(filter),
    link: (record, name) => {
      const links = known.get(record) ?? new Map<string, Promise<PolicyRecord | null>>()
      known.set(record, links)
      const found = links.get(name) ?? port.link(record, name)
      links.set(name, found)
      return found
    },
  }
}

/** Evaluates the policies of a schema. Keeps nothing between two questions. */
export const createPolicyEvaluator = (schema: Schema): PolicyEvaluator => {
  const models = modelsOfSchema(schema)

  const policyNamed = (name: string): Policy => {
    const policy = schema.policies.get(name)
    if (policy === undefined) throw new PolicyError('POLICY_UNKNOWN', `No policy is named ${name}`)
    return policy
  }

  const requireModel = (model: string): void => {
    if (!models.has(model)) throw new PolicyError('POLICY_UNKNOWN', `No model is named ${model}`)
  }

  const refuseRecursion = (policy: string): never => {
    const message = `Policy ${policy} asks policies more than ${maxDepth} deep, or itself about the same record`
    throw new PolicyError('POLICY_RECURSION', message)
  }

  const refuseCrowd = (policy: string): never => {
    const message = `Policy ${policy} is asked about more than ${maxQuestions} records for the sake of one`
    throw new PolicyError('POLICY_RECURSION', message)
  }

  const questionAbout = (context: PolicyContext | undefined, port: PolicyPort): Question => {
    const answers = new Map<string, Filter | undefined>()
    let depth = 0

    const ask = async (policy: string, record: PolicyRecord): Promise<Filter> => {
      const key = `${policy} ${record.model}/${String(record.id)}`
      const known = answers.get(key)
      if (known !== undefined) return known
      // Asked and not answered yet: the question is part of its own answer.
      if (answers.has(key) || depth >= maxDepth) return refuseRecursion(policy)
      if (answers.size >= maxQuestions) return refuseCrowd(policy)
      answers.set(key, undefined)
      requireModel(record.model)
      const { expression } = policyNamed(policy)
      depth += 1
      const answer = await reduce(question, placeOf({ kind: 'record', record }), expression)
      depth -= 1
      answers.set(key, answer)
      return answer
    }

    const question: Question = {
      models,
      context,
      port: rememberingLinks(port),
      ask,
      inline: () => Promise.reject(new TypeError('a record at hand has no rows')),
      goOn: () => true,
    }
    return question
  }

  const evaluate = async (
    policy: string,
    record: PolicyRecord,
    context: PolicyContext | undefined,
    port: PolicyPort,
  ): Promise<boolean> => {
    const answer = await questionAbout(context, port).ask(policy, record)
    return answer.kind === 'constant' && answer.value
  }

  const planFor = async (
    policy: string,
    model: string,
    context: PolicyContext,
    port: PolicyPort,
  ): Promise<Filter> => {
    let parts = 0
    requireModel(model)
    const question: Question = {
      models,
      context,
      port: rememberingLinks(port),
      ask: () => Promise.reject(new TypeError('a plan is about no record')),
      inline: async (name, row, place) => {
        if (place.within.includes(name)) return unknown(`${name} asks itself`)
        if (place.within.length >= maxDepth) return unknown('policies ask each other too deep')
        const within = [...place.within, name]
        return await reduce(
          question,
          { ...placeOf(row), nextRow: place.nextRow, within },
          policyNamed(name).expression,
        )
      },
      goOn: () => {
        parts += 1
        return parts <= maxFilterParts
      },
    }
    const place = placeOf({ kind: 'row', row: 0, links: [], model })
    return await reduce(question, { ...place, within: [policy] }, policyNamed(policy).expression)
  }

  const textOfPath = async (
    names: readonly string[],
    record: PolicyRecord,
    port: PolicyPort,
  ): Promise<string> => {
    const place = placeOf({ kind: 'record', record })
    try {
      const value = await valueOfPath(questionAbout(undefined, port), place, names)
      if (value.kind === 'scalar') return printValue(value.value)
    } catch (thrown) {
      if (!(thrown instanceof PolicyError)) throw thrown
    }
    return `{${names.join('.')}}`
  }

  const messageFor = async (
    message: string,
    record: PolicyRecord,
    port: PolicyPort,
  ): Promise<string> => {
    const texts: string[] = []
    for (const part of messageParts(message)) {
      texts.push(typeof part === 'string' ? part : await textOfPath(part.names, record, port))
    }
    return texts.join('')
  }

  return {
    evaluate: async (policy, record, context, port) =>
      policy === undefined || (await evaluate(policy, record, context, port)),

    plan: async (policy, model, context, port) => {
      if (policy === undefined) return { filter: constant(true), isExact: true }
      try {
        const filter = await planFor(policy, model, context, port)
        return { filter, isExact: isExact(filter) }
      } catch (thrown) {
        if (!(thrown instanceof PolicyError)) throw thrown
        return { filter: unknown(thrown.message), isExact: false }
      }
    },

    failures: async (record, port) => {
      requireModel(record.model)
      const messages: string[] = []
      for (const { policy, message } of schema.model(record.model)?.validators ?? []) {
        if (await evaluate(policy, record, undefined, port)) continue
        messages.push(await messageFor(message, record, port))
      }
      return messages
    },
  }
}
