import {
  createPolicyEvaluator,
  PolicyError,
  prefilterOf,
  type Model,
  type PolicyContext as Asking,
  type PolicyEvaluator,
  type PolicyPlan,
  type PolicyRecord,
  type Schema,
} from '#xproto'
import { requireAdministrator } from '../access/require-administrator.ts'
import { CoreError } from '../errors.ts'
import { isOpenToAdmins } from './access-admins.ts'
import {
  createPolicyPort,
  loadPolicyRecord,
  policyRecord,
  policyRecordOf,
  type PolicyContext,
} from './access-store.ts'
import type { Access, ReadRule } from './access-port.ts'
import { createScopedAccess } from './access-scope.ts'
import { filterSql } from './access-sql.ts'
import { quoted, type Parameters } from './parameters.ts'
import type { Caller } from './port.ts'
import { modelNamed } from './read.ts'
import { wireFields, type RecordRow } from './row.ts'

/** A policy that has to let something through, and the model as which it sees the record. */
type Guard = { readonly policy: string; readonly model: Model }

/** Models whose records have the core make and restore backups of everything. XOS gives them no policy. */
const commands: ReadonlySet<string> = new Set(['BackupFile', 'BackupOperation'])

const evaluators = new WeakMap<Schema, PolicyEvaluator>()

const evaluatorOf = (schema: Schema): PolicyEvaluator => {
  const evaluator = evaluators.get(schema) ?? createPolicyEvaluator(schema)
  evaluators.set(schema, evaluator)
  return evaluator
}

/**
 * The policies that guard a record: that of the model it is asked for as, and that of its own. Neither alone would
 * do: the parent's guards what the parent shows, and reading as a parent must be no way round the leaf's.
 */
const guardsOf = (asked: Model, leaf: Model): readonly Guard[] => {
  const guards = [asked, leaf].flatMap((model) =>
    model.policy === undefined ? [] : [{ policy: model.policy, model }],
  )
  return guards.filter(({ policy }, index) => index === 0 || policy !== guards[0]?.policy)
}

/** What one guard says of the row, where it is one to be guarded. */
const ruleSql = (
  schema: Schema,
  asked: Model,
  { model }: Guard,
  { filter }: PolicyPlan,
  alias: string,
  parameters: Parameters,
): string => {
  const rows = new Map([[0, { alias, model }]])
  const condition = filterSql({ schema, parameters, rows }, prefilterOf(filter))
  return model === asked ? condition : `(${alias}.leaf <> ${quoted(model.name)} or ${condition})`
}

const denied = (
  { email }: Caller,
  access: 'read' | 'write',
  model: Model,
  id: number | null,
  policy: string,
): CoreError =>
  new CoreError(
    'PERMISSION_DENIED',
    `User ${email} may not ${access} ${model.name} ${id === null ? 'new object' : `object ${id}`} because of policy ${policy}`,
  )

/** What somebody may do who logged in (reference core-api.md 1.9): what the policies allow. No policy allows all. */
const createAccessByPolicies = (context: PolicyContext, caller: Caller): Access => {
  const { schema } = context
  const evaluator = evaluatorOf(schema)
  const port = createPolicyPort(context)
  let user: Promise<PolicyRecord | null> | undefined

  const asking = async (access: 'read' | 'write'): Promise<Asking> => {
    user ??= loadPolicyRecord(context, modelNamed(schema, 'User'), caller.userId)
    return { user: await user, access }
  }

  const openGuards = (asked: Model, leaf: Model): readonly Guard[] =>
    guardsOf(asked, leaf).filter(
      ({ policy }) => !(caller.isAdmin && isOpenToAdmins(schema, policy)),
    )

  const allows = async (
    { policy }: Guard,
    record: PolicyRecord,
    access: 'read' | 'write',
  ): Promise<boolean> => {
    try {
      return await evaluator.evaluate(policy, record, await asking(access), port)
    } catch (thrown) {
      // What cannot be evaluated lets nobody through.
      if (thrown instanceof PolicyError) return false
      throw thrown
    }
  }

  /** The first policy that refuses. */
  const refusal = async (
    guards: readonly Guard[],
    access: 'read' | 'write',
    recordAs: (model: Model) => PolicyRecord,
  ): Promise<Guard | undefined> => {
    for (const guard of guards) {
      if (!(await allows(guard, recordAs(guard.model), access))) return guard
    }
    return undefined
  }

  const readRefusal = (asked: Model, row: RecordRow): Promise<Guard | undefined> =>
    refusal(openGuards(asked, modelNamed(schema, row.leaf)), 'read', (model) =>
      policyRecordOf(model, row),
    )

  const mayRead = async (asked: Model, row: RecordRow): Promise<boolean> =>
    (await readRefusal(asked, row)) === undefined

  const readRule = async (asked: Model): Promise<ReadRule> => {
    const guards = schema
      .descendants(asked.name)
      .flatMap((leaf) => openGuards(asked, leaf).filter(({ model }) => model === leaf))
    const plans: { readonly guard: Guard; readonly plan: PolicyPlan }[] = []
    for (const guard of guards) {
      const { policy, model } = guard
      const plan = await evaluator.plan(policy, model.name, await asking('read'), port)
      plans.push({ guard, plan })
    }
    return {
      sql: (alias, parameters) =>
        plans
          .map(({ guard, plan }) => ruleSql(schema, asked, guard, plan, alias, parameters))
          .join(' and ') || 'true',
      check: plans.every(({ plan }) => plan.isExact) ? undefined : (row) => mayRead(asked, row),
    }
  }

  const requireWrite: Access['requireWrite'] = async (asked, leaf, id, values) => {
    if (commands.has(leaf.name)) requireAdministrator(caller, `write ${leaf.name}`)
    const guard = await refusal(openGuards(asked, leaf), 'write', (model) =>
      policyRecord(model, id, values),
    )
    if (guard !== undefined) throw denied(caller, 'write', guard.model, id, guard.policy)
  }

  return {
    readRule,
    async readRuleInSql(asked) {
      const rule = await readRule(asked)
      if (rule.check === undefined) return rule
      throw new CoreError(
        'PERMISSION_DENIED',
        `User ${caller.email} may not filter by what ${asked.name} records hold, because a policy has to look at each of them`,
      )
    },
    mayRead,
    async requireRead(asked, row) {
      const guard = await readRefusal(asked, row)
      if (guard !== undefined) throw denied(caller, 'read', guard.model, row.id, guard.policy)
    },
    requireWrite,
    requireRemove: (asked, row) => {
      const leaf = modelNamed(schema, row.leaf)
      return requireWrite(asked, leaf, row.id, wireFields(leaf, row))
    },
    saving: (_asked, _values, options) => Promise.resolve(options),
  }
}

/** What a caller may do: a step by its token, everybody else by the policies of the schema. */
export const createAccess = ({
  caller,
  ...context
}: PolicyContext & { readonly caller: Caller }): Access =>
  caller.step === undefined
    ? createAccessByPolicies(context, caller)
    : createScopedAccess(context, { step: caller.step, kind: caller.stepKind ?? 'sync' })

/**
 * What the validators of its model say against a record that was written in this transaction. Throws VALIDATION for a
 * validator that cannot be evaluated.
 */
export const validatorFailures = async (
  context: PolicyContext,
  row: RecordRow,
): Promise<readonly string[]> => {
  const model = modelNamed(context.schema, row.leaf)
  try {
    const evaluator = evaluatorOf(context.schema)
    return await evaluator.failures(policyRecordOf(model, row), createPolicyPort(context))
  } catch (thrown) {
    if (!(thrown instanceof PolicyError)) throw thrown
    throw new CoreError(
      'VALIDATION',
      `A validator of ${model.name} cannot be evaluated: ${thrown.message}`,
    )
  }
}
