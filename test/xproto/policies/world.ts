import type { Filter, Operand, PolicyPort, PolicyRecord, Schema } from '#xproto'

/** Records by model. A link to one holds an id or null, a link to many a list of ids. */
export type World = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

type Row = { readonly model: string; readonly values: Readonly<Record<string, unknown>> }

/** A small world in memory, its filters checked by looking at every record: what a store does, said plainly. */
export const createWorld = (schema: Schema, world: World) => {
  const asked: string[] = []

  const rowsOf = (model: string): readonly Row[] =>
    schema
      .descendants(model)
      .flatMap(({ name }) => (world[name] ?? []).map((values) => ({ model: name, values })))

  const find = (model: string, id: unknown): Row | undefined =>
    id === null || id === undefined
      ? undefined
      : rowsOf(model).find(({ values }) => values['id'] === id)

  const targetOf = (model: string, link: string): string => {
    const field = schema.model(model)!.fields.find(({ name }) => name === link)
    if (field?.kind !== 'link') throw new TypeError(`${model} has no link ${link}`)
    return field.target
  }

  const follow = (row: Row | undefined, link: string): Row | undefined =>
    row === undefined ? undefined : find(targetOf(row.model, link), row.values[link])

  const toRecord = ({ model, values }: Row): PolicyRecord => ({
    model,
    id: values['id'] as number,
    fields: values,
  })

  const valueOf = (operand: Operand, rows: ReadonlyMap<number, Row>): unknown => {
    if (operand.kind === 'value') return operand.value
    const start = rows.get(operand.row)
    if (start === undefined) throw new TypeError(`A filter asks for row ${operand.row}`)
    const end = operand.links.reduce<Row | undefined>(follow, start)
    return end?.values[operand.field] ?? null
  }

  /** Whether a filter holds; `rows` are the records it is about. */
  const holds = (filter: Filter, rows: ReadonlyMap<number, Row> = new Map()): boolean => {
    switch (filter.kind) {
      case 'constant':
        return filter.value
      case 'and':
        return filter.filters.every((part) => holds(part, rows))
      case 'or':
        return filter.filters.some((part) => holds(part, rows))
      case 'not':
        return !holds(filter.filter, rows)
      case 'equals': {
        const left = valueOf(filter.left, rows)
        return left !== null && left === valueOf(filter.right, rows)
      }
      case 'contains': {
        const text = valueOf(filter.text, rows)
        const part = valueOf(filter.part, rows)
        return typeof text === 'string' && typeof part === 'string' && text.includes(part)
      }
      case 'present':
        return valueOf(filter.operand, rows) !== null
      case 'linked': {
        const from = find(filter.model, valueOf(filter.from, rows))
        const ids = (from?.values[filter.link] ?? []) as readonly unknown[]
        return ids.includes(valueOf(filter.to, rows))
      }
      case 'exists':
        if (rows.has(filter.row)) throw new TypeError(`Row ${filter.row} stands for two records`)
        return rowsOf(filter.model).some((row) =>
          holds(filter.where, new Map([...rows, [filter.row, row]])),
        )
      case 'unknown':
        throw new TypeError(`A store was asked for what is unknown: ${filter.reason}`)
    }
  }

  const port: PolicyPort = {
    link: (record, link) => {
      asked.push(`${record.model}/${String(record.id)}.${link}`)
      const found = follow({ model: record.model, values: record.fields }, link)
      return Promise.resolve(found === undefined ? null : toRecord(found))
    },
    holds: (filter) => {
      asked.push(filter.kind)
      return Promise.resolve(holds(filter))
    },
  }

  return {
    port,
    /** What the port was asked, in order. */
    asked,
    record: (model: string, id: number): PolicyRecord => toRecord(find(model, id)!),
    /** Ids of the records for which a filter holds, in their order. */
    matching: (model: string, filter: Filter): readonly number[] =>
      rowsOf(model)
        .filter((row) => holds(filter, new Map([[0, row]])))
        .map(({ values }) => values['id'] as number)
        .toSorted((left, right) => left - right),
  }
}
