import type { Field, Model } from '#xproto'
import { CoreError } from '../../errors.ts'
import type { RecordRow } from '../row.ts'
import { findingOf } from '../validate.ts'

/** A broken rule of fields, by wire name. */
export const invalid = (model: Model, findings: Readonly<Record<string, string>>): CoreError => {
  const sentences = Object.entries(findings).map(([name, finding]) => `${name}: ${finding}`)
  return new CoreError(
    'INVALID_FIELD',
    `${model.name} is not valid. ${sentences.join('; ')}`,
    findings,
  )
}

/** Throws INVALID_FIELD, about all fields at once, when values break the rules of their fields. */
export const checkValues = (model: Model, values: ReadonlyMap<Field, unknown>): void => {
  const findings = [...values].flatMap(([field, value]) => {
    const finding = findingOf(field, value)
    return finding === undefined ? [] : [[field.wireName, finding] as const]
  })
  if (findings.length > 0) throw invalid(model, Object.fromEntries(findings))
}

/**
 * XOS's feedback guard: what synchronizers write back is not for others to change. Throws PERMISSION_DENIED. The union
 * of the feedback fields of all ancestors is guarded; those of a user record never were.
 */
export const guardFeedback = (model: Model, row: RecordRow, changed: readonly Field[]): void => {
  if (model.root === 'User') return
  const names = changed.filter(({ role }) => role === 'feedback').map(({ wireName }) => wireName)
  if (names.length === 0) return
  throw new CoreError(
    'PERMISSION_DENIED',
    `Only a step may change feedback fields: ${names.join(', ')} of ${model.name} ${row.id}`,
    Object.fromEntries(names.map((name) => [name, 'feedback field'])),
  )
}

/** Throws CONFLICT when the writer has seen another version of the record than the one that is kept. */
export const checkRevision = (
  model: Model,
  { id, revision }: RecordRow,
  seen: number | undefined,
): void => {
  if (seen === undefined || seen === revision) return
  throw new CoreError(
    'CONFLICT',
    `${model.name} ${id} was written by somebody else: expected revision ${seen}, it is ${revision} now; read it again`,
  )
}
