import type { Fields } from '#contract'
import type { Field, Model } from '#xproto'
import { CoreError } from '../errors.ts'
import type { Access, ReadRule } from './access-port.ts'
import type { PolicyContext } from './access-store.ts'
import type { SaveOptions } from './port.ts'
import { reserved } from './report.ts'
import { loadScope, type Scope, type ScopedStep } from './scope.ts'

const everything: ReadRule = { sql: () => 'true', check: undefined }

const isFeedback = (field: Field | undefined): boolean =>
  field?.role === 'feedback' && !reserved.has(field.wireName)

/** What follows from the answers of steps, so that none of them says it of itself. */
const settled: ReadonlySet<string> = new Set([
  ...reserved,
  'enacted',
  'policed',
  'backend_need_delete',
  'backend_need_reap',
  'backend_need_delete_policy',
])

/** What a step of one kind may write. */
type Writing = Pick<Access, 'requireWrite' | 'requireRemove' | 'saving'>

type Denied = (what: string) => Promise<CoreError>

const fieldNamed = (asked: Model, name: string): Field | undefined =>
  asked.fields.find((known) => known.name === name || known.wireName === name)

const feedbackWriting = (scope: () => Promise<Scope>, denied: Denied): Writing => {
  /** Throws for names of anything but feedback. */
  const requireFeedback = async (asked: Model, names: readonly string[]): Promise<void> => {
    const others = names.filter((name) => !isFeedback(fieldNamed(asked, name)))
    const isOwn = (await scope()).write.has(asked.name)
    if (isOwn && others.length === 0) return
    throw await denied(`write ${(isOwn ? others : names).join(', ')} of ${asked.name}`)
  }

  return {
    async requireWrite(asked, _leaf, id) {
      if (id === null) throw await denied(`create a ${asked.name}`)
      if (!(await scope()).write.has(asked.name)) throw await denied(`write ${asked.name}`)
    },
    async requireRemove(asked) {
      throw await denied(`delete a ${asked.name}`)
    },
    async saving(asked: Model, values: Fields, options: SaveOptions) {
      const { ifRevision, updateFields, alwaysUpdateTimestamp } = options
      const names = [...Object.keys(values), ...(updateFields ?? [])]
      const isTouch = alwaysUpdateTimestamp === true && names.length === 0
      if (isTouch) throw await denied(`touch ${asked.name}`)
      await requireFeedback(asked, names)
      return {
        callerKind: 'synchronizer',
        isSyncSave: true,
        ...(ifRevision === undefined ? {} : { ifRevision }),
        ...(updateFields === undefined ? {} : { updateFields }),
      }
    },
  }
}

/** @param isPolicy its changes are those of a policy, and call the step of the record */
const recordWriting = (
  scope: () => Promise<Scope>,
  denied: Denied,
  isPolicy: boolean,
): Writing => ({
  async requireWrite(_asked, leaf, id) {
    if ((await scope()).write.has(leaf.name)) return
    throw await denied(`${id === null ? 'create a' : 'write'} ${leaf.name}`)
  },
  async requireRemove(_asked, { leaf }) {
    if (!(await scope()).write.has(leaf)) throw await denied(`delete a ${leaf}`)
  },
  async saving(asked, values, options) {
    const names = [...Object.keys(values), ...(options.updateFields ?? [])]
    const others = names.filter((name) => settled.has(name))
    if (others.length > 0) throw await denied(`write ${others.join(', ')} of ${asked.name}`)
    return {
      ...options,
      callerKind: 'synchronizer',
      isSyncSave: false,
      isPolicySave: isPolicy,
      updatesDeclared: !isPolicy,
    }
  },
})

/**
 * What the token of a step lets do, policies or not. A sync step reads the records that it is sent, and writes the
 * feedback of its model; the others write the records of their synchronizer and of the models that it requires. All that throws, throws
 * PERMISSION_DENIED.
 */
export const createScopedAccess = (context: PolicyContext, step: ScopedStep): Access => {
  let loaded: Promise<Scope> | undefined
  const scope = (): Promise<Scope> => (loaded ??= loadScope(context, step))
  const isSync = step.kind === 'sync'

  const denied: Denied = async (what) => {
    const { read, write } = await scope()
    const listed = (names: ReadonlySet<string>): string => [...names].join(', ') || 'nothing'
    return new CoreError(
      'PERMISSION_DENIED',
      isSync
        ? `The token of step ${step.step} may not ${what}: it reads ${listed(read)} and writes feedback of ${listed(write)}`
        : `The token of ${step.kind} step ${step.step} may not ${what}: it writes ${listed(write)}. What else it needs belongs into required_models`,
    )
  }

  const requireModel = async ({ name }: Model): Promise<void> => {
    if (!(await scope()).read.has(name)) throw await denied(`read ${name}`)
  }
  const readRule = async (asked: Model): Promise<ReadRule> => {
    await requireModel(asked)
    return everything
  }

  return {
    readRule,
    readRuleInSql: readRule,
    mayRead: async (asked) => (await scope()).read.has(asked.name),
    requireRead: requireModel,
    ...(isSync
      ? feedbackWriting(scope, denied)
      : recordWriting(scope, denied, step.kind === 'policy')),
  }
}
