import { protocol, type PGlite, type messages } from '@electric-sql/pglite'
import { isStalePlan } from './postgres-errors.ts'
import { createNames } from './statement-names.ts'

/** What a statement answered: `command` is its first word, `written` how many rows it wrote. */
export type Answer<Row> = {
  readonly rows: Row[]
  readonly command: string
  readonly written: number
}

type Column = { readonly name: string; readonly read: (text: string) => unknown }

/** A statement that the server has parsed. */
type Prepared = {
  readonly name: string
  /** One object identifier of a type for each parameter. */
  readonly parameterTypes: readonly number[]
  readonly columns: readonly Column[]
}

const { serialize } = protocol
/** What the server calls a statement that has no name, which ends where the next one begins. */
const unnamed = ''
const writes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

type Message = messages.BackendMessage

const isParameters = (message: Message): message is messages.ParameterDescriptionMessage =>
  message.name === 'parameterDescription'
const isColumns = (message: Message): message is messages.RowDescriptionMessage =>
  message.name === 'rowDescription'
const isRow = (message: Message): message is messages.DataRowMessage => message.name === 'dataRow'
const isEnd = (message: Message): message is messages.CommandCompleteMessage =>
  message.name === 'commandComplete'

const rowOf = (columns: readonly Column[], fields: readonly (string | null)[]): unknown => {
  const row: Record<string, unknown> = {}
  for (const [index, { name, read }] of columns.entries()) {
    const text = fields[index] ?? null
    row[name] = text === null ? null : read(text)
  }
  return row
}

/**
 * Statements for PGlite, which itself would have each parsed and planned anew, in five calls. Here those that come
 * again and again are prepared once, and each of them is one call.
 */
export const createStatements = (
  pglite: PGlite,
): (<Row>(text: string, parameters: readonly unknown[]) => Promise<Answer<Row>>) => {
  const prepared = new Map<string, Prepared>()
  let nameOf = createNames()

  /** Whatever fails, the server skips what follows until the end of the call, and is ready for the next one. */
  const call = (...sent: readonly Uint8Array[]): Promise<Message[]> =>
    pglite.execProtocolStream(Buffer.concat([...sent, serialize.sync()]))

  const prepare = async (text: string, name: string): Promise<Prepared> => {
    const answers = await call(
      serialize.parse({ name, text }),
      serialize.describe({ type: 'S', name }),
    )
    const columns = answers.find(isColumns)?.fields ?? []
    return {
      name,
      parameterTypes: answers.find(isParameters)?.dataTypeIDs ?? [],
      columns: columns.map((column) => ({
        name: column.name,
        read: pglite.parsers[column.dataTypeID] ?? ((read) => read),
      })),
    }
  }

  const preparedFor = async (text: string): Promise<Prepared> => {
    const known = prepared.get(text)
    if (known !== undefined) return known
    const name = nameOf(text)
    if (name === undefined) return prepare(text, unnamed)
    const fresh = await prepare(text, name)
    prepared.set(text, fresh)
    return fresh
  }

  const forgetAll = async (): Promise<void> => {
    const names = [...prepared.values()].map(({ name }) => name)
    prepared.clear()
    nameOf = createNames()
    await call(...names.map((name) => serialize.close({ type: 'S', name })))
  }

  const textOf = (value: unknown, type = 0): string | null => {
    if (value === null || value === undefined) return null
    return pglite.serializers[type]?.(value) ?? `${value as number}`
  }

  const run = async <Row>(text: string, parameters: readonly unknown[]): Promise<Answer<Row>> => {
    const { name, parameterTypes, columns } = await preparedFor(text)
    const values = parameters.map((value, index) => textOf(value, parameterTypes[index]))
    const answers = await call(serialize.bind({ statement: name, values }), serialize.execute())
    // `INSERT 0 5`, `UPDATE 5`, `CREATE TABLE`
    const words = answers.find(isEnd)?.text.split(' ') ?? []
    const [command = ''] = words
    return {
      rows: answers.filter(isRow).map(({ fields }) => rowOf(columns, fields) as Row),
      command,
      written: writes.has(command) ? Number(words.at(-1)) : 0,
    }
  }

  return (text, parameters) =>
    pglite.runExclusive(async () => {
      if (!pglite.ready) throw new Error('The database is closed')
      try {
        return await run(text, parameters)
      } catch (error) {
        if (isStalePlan(error)) await forgetAll()
        throw error
      }
    })
}
