import { checkChange, type Change, type Operation } from '#contract'
import { Failure } from '../failure.ts'
import { documentsIn, isObject, recordsIn } from '../records-in.ts'

type Given = Readonly<Record<string, unknown>>

/** What a file may leave out. */
type LeftOut = {
  /** Undefined: what the file says, else sync. */
  readonly operation: Operation | undefined
  /** The model of records that do not say theirs. */
  readonly model: string | undefined
}

const firstText = (...values: readonly unknown[]): string | undefined =>
  values.find((value): value is string => typeof value === 'string' && value !== '')

const firstOfList = (text: unknown): string | undefined =>
  typeof text === 'string' ? text.split(',')[0] : undefined

/** Who writes a record by hand writes its fields, and seldom an id. */
const wholeRecord = (given: Given): Given => ({ id: 1, ...given })

const stampOf = ({ updated, changed_by_policy: policy }: Given): number =>
  Math.round(Math.max(0, ...[updated, policy].filter((value) => typeof value === 'number')) * 1e6)

/** A whole change is told from a record by its `record`, which no record has. */
const partsOf = (given: Given): Given => {
  if (isObject(given['record'])) return given
  const { model, expanded, ...record } = given
  return { model, expanded, record }
}

const changeFrom = (value: unknown, { operation, model }: LeftOut): unknown => {
  if (!isObject(value)) return value
  const { record: given, ...parts } = partsOf(value)
  const record = wholeRecord(isObject(given) ? given : {})
  const { deleted, leaf_model_name: leaf, class_names: classes } = record
  return {
    expanded: {},
    stamp: stampOf(record),
    attempt: 1,
    ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
    record,
    operation: operation ?? parts['operation'] ?? (deleted === true ? 'delete' : 'sync'),
    model: firstText(parts['model'], leaf, firstOfList(classes), model),
  }
}

const checked = (value: unknown, place: string): Change => {
  try {
    checkChange(value)
    return value
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const hint = reason.startsWith('Expected data.model')
      ? ' Name it as "model", or with --model.'
      : ''
    throw new Failure(`${place}: ${reason}.${hint}`)
  }
}

/**
 * The changes in a text of YAML or JSON: changes as functions get them, or records, each with its model as `model` unless
 * `leftOut` has it.
 *
 * @param file as the user named it
 * @throws Failure naming the first that is neither.
 */
export const changesIn = (text: string, file: string, leftOut: LeftOut): readonly Change[] => {
  const values = documentsIn(text).flatMap(recordsIn)
  if (values.length === 0) throw new Failure(`Expected a record or a change in ${file}, got none.`)
  return values.map((value, index) =>
    checked(
      changeFrom(value, leftOut),
      values.length === 1 ? file : `${file}, number ${index + 1}`,
    ),
  )
}
