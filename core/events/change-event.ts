import type { CloudEvent } from '#contract'
import type { ChangeKind, RecordChange } from '../store/port.ts'

// As in XOS a soft delete is an update, of `deleted` among others; and the end of the record is its deletion.
const types = {
  created: 'org.opencord.xos.model.created.v1',
  updated: 'org.opencord.xos.model.updated.v1',
  deleted: 'org.opencord.xos.model.updated.v1',
  purged: 'org.opencord.xos.model.deleted.v1',
} as const satisfies Record<ChangeKind, string>

/** RFC 3339 with microseconds. */
const timeText = (microseconds: number): string => {
  const seconds = Math.floor(microseconds / 1e6)
  const fraction = String(microseconds - seconds * 1e6).padStart(6, '0')
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`
}

/**
 * A change as a CloudEvent. `data` has what XOS tells its GUI of a save (reference core-api.md 5), with dates as
 * REST has them.
 *
 * @param source URI reference of the core
 */
export const changeEventOf = (change: RecordChange, source: string): CloudEvent => {
  const { kind, model, id, object } = change
  const subject = `${model}/${id}`
  return {
    id: change.position,
    source,
    type: types[kind],
    subject,
    time: timeText(change.at),
    dataschema: `urn:syncstep:model:${model}`,
    datacontenttype: 'application/json',
    extensions: { partitionkey: subject },
    data: {
      pk: id,
      model,
      changed_fields: change.changedFields,
      object,
      class_names: object['class_names'],
      ...(kind === 'purged' ? { deleted: true } : {}),
    },
  }
}
