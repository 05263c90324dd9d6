import type { Change, Expanded, ExpandedRecord, Fields } from '#contract'
import type { AnyRecord } from './step.ts'

type Place = {
  /** `HelloWorldServiceInstance/1`, for messages. */
  readonly owner: string
  /** Where the record stands in the include of the step: `owner.` */
  readonly path: string
}

const isList = (
  linked: ExpandedRecord | readonly ExpandedRecord[],
): linked is readonly ExpandedRecord[] => Array.isArray(linked)

const linkViews = (expanded: Expanded, place: Place): Fields => {
  const viewOf = (name: string, { record, expanded: beyond }: ExpandedRecord): AnyRecord =>
    view(record, beyond, { ...place, path: `${place.path}${name}.` })
  return Object.fromEntries(
    Object.entries(expanded).map(([name, linked]): [string, unknown] => {
      if (linked === null) return [name, null]
      if (!isList(linked)) return [name, viewOf(name, linked)]
      return [name, Object.freeze(linked.map((record) => viewOf(name, record)))]
    }),
  )
}

const isLink = (record: Fields, name: string): boolean =>
  Object.hasOwn(record, `${name}_id`) || Object.hasOwn(record, `${name}_ids`)

const notIncluded = (name: string, { owner, path }: Place): Error =>
  new Error(
    `${path}${name} of ${owner} did not travel with the change. Add '${path}${name}' to the include of the step`,
  )

const readOnly = (name: string): Error =>
  new Error(
    `Records are read-only, so ${name} cannot be set. Return { ${name}: ... } from sync_record to write a feedback field`,
  )

const view = (record: Fields, expanded: Expanded, place: Place): AnyRecord => {
  const fields = Object.freeze({ ...record, ...linkViews(expanded, place) })
  const proxy: unknown = new Proxy(fields, {
    get(_, name): unknown {
      if (typeof name === 'symbol' || Object.hasOwn(fields, name)) return Reflect.get(fields, name)
      if (name === 'leaf_model') return proxy
      if (isLink(record, name)) throw notIncluded(name, place)
      return Reflect.get(fields, name)
    },
    set(_, name) {
      throw readOnly(String(name))
    },
  })
  return proxy as AnyRecord
}

/**
 * The record of a change as steps read it: its fields, `leaf_model`, and the related records that travelled with it
 * under the names of their links: one record or null, or a list. A link that did not travel throws an error that
 * names the include to add. Null fields are absent on the wire and read as undefined.
 */
export const recordView = ({ model, record, expanded }: Change): AnyRecord =>
  view(record, expanded, { owner: `${model}/${String(record['id'])}`, path: '' })
