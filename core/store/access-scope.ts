import type { Fields } from '#contract'
import type { Field, Model, Schema } from '#xproto'
import { CoreError } from '../errors.ts'
import type { Access, ReadRule } from './access-port.ts'
import type { PolicyContext } from './access-store.ts'
import { linkOf } from './expand.ts'
import type { SaveOptions } from './port.ts'
import { reserved } from './report.ts'

/** Names of models. */
type Scope = {
  /** The model of the step: of its records the step may write feedback. */
  readonly own: ReadonlySet<string>
  /** That model, and those whose records travel with it. */
  readonly read: ReadonlySet<string>
}

/** The models along a declared path, as what their records travel: the leaves below them as well. */
const modelsAlong = (schema: Schema, model: Model, path: string): readonly Model[] => {
  let reached: readonly Model[] = [model]
  const all: Model[] = []
  for (const name of path.split('.')) {
    reached = reached.flatMap((from) => {
      const link = linkOf(from, name)
      return link === undefined ? [] : schema.descendants(link.model)
    })
    all.push(...reached)
  }
  return all
}

const loadScope = async ({ sql, schema }: PolicyContext, step: string): Promise<Scope> => {
  const rows = await sql.query<{ model: string; include: readonly string[] }>(
    `select model, include from step where synchronizer || '/' || step = $1`,
    [step],
  )
  const known = rows.flatMap(({ model: name, include }) => {
    const model = schema.model(name)
    return model === undefined ? [] : [{ model, include }]
  })
  const own = known.map(({ model }) => model.name)
  const included = known.flatMap(({ model, include }) =>
    include.flatMap((path) => modelsAlong(schema, model, path)),
  )
  return { own: new Set(own), read: new Set([...own, ...included.map(({ name }) => name)]) }
}

const everything: ReadRule = { sql: () => 'true', check: undefined }

const isFeedback = (field: Field | undefined): boolean =>
  field?.role === 'feedback' && !reserved.has(field.wireName)

/**
 * What the token of a step lets do, policies or not: read the records that the step is sent, and write the feedback
 * of its model. All that throws, throws PERMISSION_DENIED.
 *
 * @param step `SYNCHRONIZER/STEP`
 */
export const createScopedAccess = (context: PolicyContext, step: string): Access => {
  let loaded: Promise<Scope> | undefined
  const scope = (): Promise<Scope> => (loaded ??= loadScope(context, step))

  const denied = async (what: string): Promise<CoreError> => {
    const { own, read } = await scope()
    return new CoreError(
      'PERMISSION_DENIED',
      `The token of step ${step} may not ${what}: it reads ${[...read].join(', ') || 'nothing'} and writes feedback of ${[...own].join(', ') || 'nothing'}`,
    )
  }

  const requireModel = async ({ name }: Model): Promise<void> => {
    if (!(await scope()).read.has(name)) throw await denied(`read ${name}`)
  }
  const readRule = async (asked: Model): Promise<ReadRule> => {
    await requireModel(asked)
    return everything
  }

  /** Throws for names of anything but feedback. */
  const requireFeedback = async (asked: Model, names: readonly string[]): Promise<void> => {
    const others = names.filter((name) => {
      const field = asked.fields.find((known) => known.name === name || known.wireName === name)
      return !isFeedback(field)
    })
    const isOwn = (await scope()).own.has(asked.name)
    if (isOwn && others.length === 0) return
    throw await denied(`write ${(isOwn ? others : names).join(', ')} of ${asked.name}`)
  }

  return {
    readRule,
    readRuleInSql: readRule,
    mayRead: async (asked) => (await scope()).read.has(asked.name),
    requireRead: requireModel,
    async requireWrite(asked, _leaf, id) {
      if (id === null) throw await denied(`create a ${asked.name}`)
      if (!(await scope()).own.has(asked.name)) throw await denied(`write ${asked.name}`)
    },
    async requireRemove(asked) {
      throw await denied(`delete a ${asked.name}`)
    },
    async saving(asked: Model, values: Fields, { ifRevision, updateFields }: SaveOptions) {
      await requireFeedback(asked, [...Object.keys(values), ...(updateFields ?? [])])
      return {
        callerKind: 'synchronizer',
        isSyncSave: true,
        ...(ifRevision === undefined ? {} : { ifRevision }),
        ...(updateFields === undefined ? {} : { updateFields }),
      }
    },
  }
}
