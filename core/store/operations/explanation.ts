import type { AwaitedState, Key, WaitingOn } from '#contract'

/** Why a record is not synced, or that it is, as a word for programs. */
export type Reason =
  | 'synced'
  | 'no-sync'
  | 'lazy-blocked'
  | 'no-step'
  | 'running'
  | 'waiting-for-records'
  | 'waiting-for-policy'
  | 'waiting-in-circle'
  | 'refused'
  | 'backing-off'
  | 'deferred'
  | 'function-busy'
  | 'function-down'
  | 'function-misconfigured'
  | 'no-dispatcher'
  | 'due'
  | 'deleted-but-linked'
  | 'delete-waits-for-policy'
  | 'being-removed'

/** A record that another one waits for, or that still links to it; and how it is, as far as that is told. */
export type Neighbour = Key & { readonly code?: number; readonly status?: string }

/** What the store knows of a function of a record: its step, or its policy. Times in microseconds since 1970. */
type FunctionFacts = {
  readonly step: string
  readonly synchronizer: string
  readonly pending: boolean
  readonly next_run: number | null
  readonly attempts: number
  readonly failures: number
  readonly code: number
  readonly status: string
  /** The last attempt. */
  readonly outcome: string | null
  readonly outcome_status: string | null
  readonly outcome_at: number | null
  readonly trace_id: string | null
  /** What it said it waits for. */
  readonly waiting_on: WaitingOn | null
}

/** What the store knows of one record. Times in microseconds since 1970. */
export type Facts = Key &
  Omit<FunctionFacts, 'step' | 'synchronizer'> & {
    readonly name: string | null
    readonly deleted: boolean
    readonly parked: boolean
    readonly enacted: number | null
    readonly no_sync: boolean
    readonly lazy_blocked: boolean
    /** It changed since it was synced, whether or not it may be synced. */
    readonly changed: boolean
    readonly held_for_policies: boolean
    readonly backend_need_delete_policy: boolean
    readonly backend_need_reap: boolean
    readonly lease_owner: string | null
    /** The lease is for its policy. */
    readonly policy_leased: boolean
    readonly step: string | null
    readonly synchronizer: string | null
    /** Its step waits for its policy. */
    readonly waits_for_policy: boolean
    /** Null where the model has none. */
    readonly policy: FunctionFacts | null
    /** Dispatchers that were heard of lately, whatever they dispatch. */
    readonly dispatchers: number
    readonly waitsFor: readonly Neighbour[]
    readonly linkedFrom: readonly Neighbour[]
  }

/** How far the policy of a record is, in the words of {@link Explanation}. */
type PolicyExplanation = {
  readonly step: string
  /** Nothing is to be done. */
  readonly done: boolean
  readonly reason: Reason | undefined
  readonly sentence: string | undefined
  readonly attempts: number
  readonly failures: number
  readonly nextRun: string | undefined
  readonly lastOutcome: string | undefined
  readonly lastText: string | undefined
  readonly lastAt: string | undefined
  readonly lastTraceId: string | undefined
  readonly waitingOn: WaitingOn | undefined
  readonly code: number
  readonly status: string
}

/** Why a record is not synced: `sentence` for people, the rest for programs. Times as ISO 8601. */
export type Explanation = Key & {
  readonly name: string | undefined
  readonly synced: boolean
  readonly operation: 'sync' | 'delete'
  readonly reason: Reason
  readonly sentence: string
  readonly step: string | undefined
  readonly dispatcher: string | undefined
  readonly attempts: number
  readonly failures: number
  readonly nextRun: string | undefined
  readonly lastOutcome: string | undefined
  readonly lastText: string | undefined
  readonly lastAt: string | undefined
  readonly lastTraceId: string | undefined
  readonly waitsFor: readonly Neighbour[]
  /** What its function said it waits for. */
  readonly waitingOn: WaitingOn | undefined
  readonly linkedFrom: readonly Neighbour[]
  readonly backendCode: number
  readonly backendStatus: string
  /** Undefined where the model has none. */
  readonly policy: PolicyExplanation | undefined
}

type Told = readonly [Reason, string]

const isoOf = (microseconds: number): string => new Date(microseconds / 1000).toISOString()

const secondsUntil = (at: number, now: number): string =>
  `${Math.max(1, Math.ceil((at - now) / 1e6))} s`

const mostNamed = 3

const namesOf = (neighbours: readonly Neighbour[]): string => {
  const named = neighbours.slice(0, mostNamed).map(({ model, id }) => `${model} ${id}`)
  const rest = neighbours.length - named.length
  return rest === 0 ? named.join(', ') : `${named.join(', ')} and ${rest} more`
}

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const waitingFor = ({ waitsFor, code, status }: Facts): Told => {
  if (code === 2 && status.startsWith('These wait for each other')) {
    return ['waiting-in-circle', ended(status)]
  }
  const [first] = waitsFor
  const says = first?.status === undefined ? '' : `, which says: ${first.status}`
  const which = waitsFor.length === 1 ? says : ''
  return ['waiting-for-records', ended(`It waits for ${namesOf(waitsFor)}${which}`)]
}

const nextTry = (next_run: number | null, now: number): string =>
  next_run === null || next_run <= now
    ? 'It is tried again as soon as a dispatcher takes it.'
    : `It is tried again in ${secondsUntil(next_run, now)}, at ${isoOf(next_run)}.`

const targetReasons: Readonly<Record<string, readonly [Reason, string]>> = {
  'target-down': ['function-down', 'cannot be reached'],
  'target-busy': ['function-busy', 'is busy'],
  'target-misconfigured': ['function-misconfigured', 'refuses the dispatcher'],
}

const cameTo = {
  synced: 'is synced',
  changed: 'changes',
  deleted: 'is deleted',
} as const satisfies Record<AwaitedState, string>

const awaited = (waiting_on: WaitingOn | null): string =>
  waiting_on === null
    ? ''
    : `It runs at once when ${waiting_on.model} ${waiting_on.id} ${cameTo[waiting_on.state]}. `

type Kind = 'step' | 'policy'

/** What came of the last attempt, when that is why nothing happens now. */
const lastAttempt = (facts: FunctionFacts, kind: Kind, now: number): Told | undefined => {
  const { outcome, step, failures, next_run } = facts
  const text = facts.outcome_status ?? ''
  const target = Object.entries(targetReasons).find(([name]) => name === outcome)?.[1]
  if (target !== undefined) {
    const [reason, state] = target
    return [reason, `The function ${step} ${state}: ${ended(text)} ${nextTry(next_run, now)}`]
  }
  if (next_run !== null && next_run <= now) return undefined
  if (outcome === 'deferred' || outcome === 'in-progress') {
    return [
      'deferred',
      `Its ${kind} put it off: ${ended(text)} ${awaited(facts.waiting_on)}${nextTry(next_run, now)}`,
    ]
  }
  if (outcome !== 'failed') return undefined
  if (next_run === null) {
    return [
      'refused',
      `Its ${kind} refused it: ${ended(text)} It runs again when the record changes, or with retry.`,
    ]
  }
  const times = failures === 1 ? 'once' : `${failures} times in a row`
  return ['backing-off', `Its ${kind} failed ${times}: ${ended(text)} ${nextTry(next_run, now)}`]
}

/** Why a function that nothing else keeps from it is not called now. */
const callReason = (
  facts: FunctionFacts,
  kind: Kind,
  { dispatchers }: Facts,
  now: number,
): Told => {
  const { step, synchronizer, next_run, attempts } = facts
  const told = lastAttempt(facts, kind, now)
  if (told !== undefined) return told
  if (next_run === null) {
    return ['refused', 'It runs again when the record changes, or with retry.']
  }
  if (next_run > now) return ['backing-off', nextTry(next_run, now)]
  const subject = kind === 'step' ? 'It' : 'Its policy'
  if (dispatchers === 0) {
    return [
      'no-dispatcher',
      `${subject} is due, but no dispatcher runs that could call its ${kind} ${step}.`,
    ]
  }
  const again = attempts === 0 ? '' : ' again'
  return ['due', `${subject} is due${again}: a dispatcher of ${synchronizer} takes it next.`]
}

const running = ({ lease_owner, policy_leased, step, policy }: Facts, kind: Kind): Told => {
  const runs = policy_leased ? `policy ${policy?.step ?? ''}` : `step ${step ?? ''}`
  const isOther = policy_leased !== (kind === 'policy')
  const order = isOther ? `, and its ${kind} after that` : ''
  return ['running', `Its ${runs} runs now, for the dispatcher ${lease_owner ?? ''}${order}.`]
}

const policyReason = (facts: Facts, policy: FunctionFacts, now: number): Told =>
  facts.lease_owner === null ? callReason(policy, 'policy', facts, now) : running(facts, 'policy')

const pendingReason = (facts: Facts, now: number): Told => {
  const { model, step, synchronizer, lease_owner } = facts
  if (step === null || synchronizer === null) {
    return ['no-step', `No step observes ${model}, so nobody syncs it.`]
  }
  if (lease_owner !== null) return running(facts, 'step')
  if (facts.waits_for_policy) {
    return ['waiting-for-policy', `Its step ${step} waits for its policy.`]
  }
  if (facts.waitsFor.length > 0) return waitingFor(facts)
  return callReason({ ...facts, step, synchronizer }, 'step', facts, now)
}

const deletedReason = (facts: Facts): Told => {
  if (facts.policy?.pending === true) {
    return ['delete-waits-for-policy', 'It is deleted, and its policy is to run.']
  }
  if (facts.backend_need_delete_policy && !facts.backend_need_reap) {
    return [
      'delete-waits-for-policy',
      'It is deleted, and stays until its delete policy has set backend_need_reap.',
    ]
  }
  if (facts.held_for_policies) {
    return [
      'delete-waits-for-policy',
      'It is deleted, and stays for some seconds, so that the policies of its synchronizer see it.',
    ]
  }
  if (facts.linkedFrom.length > 0) {
    return [
      'deleted-but-linked',
      `It is deleted, and stays until what links to it is gone: ${namesOf(facts.linkedFrom)}.`,
    ]
  }
  return ['being-removed', 'It is deleted and about to be removed.']
}

const restingReason = (facts: Facts): Told => {
  if (facts.changed && facts.no_sync) {
    return ['no-sync', 'Its field no_sync is set: it is not synced until that is cleared.']
  }
  if (facts.changed && facts.lazy_blocked) {
    return [
      'lazy-blocked',
      'Its field lazy_blocked is set: it is not synced until that is cleared.',
    ]
  }
  return ['synced', `It is in sync since ${isoOf(facts.enacted ?? 0)}.`]
}

/** What a delete step may say for ever, because what it would undo is gone. */
const mayNeverEnd: ReadonlySet<Reason> = new Set<Reason>([
  'no-step',
  'refused',
  'backing-off',
  'deferred',
  'function-down',
  'function-misconfigured',
])

const releaseHelp = ({ model, id }: Facts): string =>
  ` If its backend is gone for good, syncstep release ${model}/${id} lets it go.`

const reasonOf = (facts: Facts, now: number): Told => {
  if (!facts.pending) return facts.deleted ? deletedReason(facts) : restingReason(facts)
  const [reason, sentence] = pendingReason(facts, now)
  if (!facts.deleted) return [reason, sentence]
  const help = mayNeverEnd.has(reason) ? releaseHelp(facts) : ''
  return [reason, `It is deleted, and its delete step is to run. ${sentence}${help}`]
}

const policyOf = (facts: Facts, now: number): PolicyExplanation | undefined => {
  const { policy } = facts
  if (policy === null) return undefined
  const { step, pending, next_run, attempts, failures, code, status, outcome_at } = policy
  const [reason, sentence] = pending ? policyReason(facts, policy, now) : []
  return {
    step,
    done: !pending,
    reason,
    sentence,
    attempts,
    failures,
    nextRun: next_run === null || !pending ? undefined : isoOf(next_run),
    lastOutcome: policy.outcome ?? undefined,
    lastText: policy.outcome_status ?? undefined,
    lastAt: outcome_at === null ? undefined : isoOf(outcome_at),
    lastTraceId: policy.trace_id ?? undefined,
    waitingOn: reason === 'deferred' ? (policy.waiting_on ?? undefined) : undefined,
    code,
    status,
  }
}

/** Where the step has nothing to do, why the policy has not done its part tells more. */
const isAtRest = (reason: Reason): boolean =>
  reason === 'synced' || reason === 'no-step' || reason === 'no-sync' || reason === 'lazy-blocked'

/** @param now microseconds since 1970 */
export const explanationOf = (facts: Facts, now: number): Explanation => {
  const { model, id, name, deleted, next_run, outcome_at } = facts
  const [reason, sentence] = reasonOf(facts, now)
  const policy = policyOf(facts, now)
  const isTold = policy?.sentence === undefined || reason === 'running'
  return {
    model,
    id,
    name: name ?? undefined,
    synced: reason === 'synced',
    operation: deleted ? 'delete' : 'sync',
    reason: isAtRest(reason) ? (policy?.reason ?? reason) : reason,
    sentence: isTold ? sentence : `${sentence} ${policy.sentence}`,
    step: facts.step ?? undefined,
    dispatcher: facts.lease_owner ?? undefined,
    attempts: facts.attempts,
    failures: facts.failures,
    nextRun: next_run === null || !facts.pending ? undefined : isoOf(next_run),
    lastOutcome: facts.outcome ?? undefined,
    lastText: facts.outcome_status ?? undefined,
    lastAt: outcome_at === null ? undefined : isoOf(outcome_at),
    lastTraceId: facts.trace_id ?? undefined,
    waitsFor: facts.waitsFor,
    waitingOn: reason === 'deferred' ? (facts.waiting_on ?? undefined) : undefined,
    linkedFrom: facts.linkedFrom,
    backendCode: facts.code,
    backendStatus: facts.status,
    policy,
  }
}
