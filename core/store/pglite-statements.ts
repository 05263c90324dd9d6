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
type Told = { readonly rows: readonly unknown[]; readonly others: readonly Message[] }

const isParameters = (message: Message): message is messages.ParameterDescriptionMessage =>
  message.name === 'parameterDescription'
const isColumns = (message: Message): message is messages.RowDescriptionMessage =>
  message.name === 'rowDescription'
const isEnd = (message: Message): message is messages.CommandCompleteMessage =>
  message.name === 'commandComplete'
const isError = (message: Message): message is messages.DatabaseError => message.name === 'error'
const isNews = (message: Message): message is messages.NotificationResponseMessage =>
  message.name === 'notification'

const codeOfRow = 0x44
const codeLength = 1
const headerLength = codeLength + 4

/** The row of a message: the count of its values, then the length of each, which is -1 for null, and its text. */
const rowAt = (bytes: Buffer, offset: number, columns: readonly Column[]): unknown => {
  const row: Record<string, unknown> = {}
  let start = offset + headerLength + 2
  for (const { name, read } of columns) {
    const length = bytes.readInt32BE(start)
    start += 4
    const end = start + Math.max(0, length)
    row[name] = length < 0 ? null : read(bytes.toString('utf8', start, end))
    start = end
  }
  return row
}

/**
 * Statements for PGlite, which itself would have each parsed and planned anew, in five calls. Here those that come
 * again and again are prepared once, and each of them is one call.
 *
 * @param onNews called for each notification that was committed
 */
export const createStatements = (
  pglite: PGlite,
  onNews: (channel: string) => void,
): (<Row>(text: string, parameters: readonly unknown[]) => Promise<Answer<Row>>) => {
  const prepared = new Map<string, Prepared>()
  const parser = new protocol.Parser()
  let nameOf = createNames()

  /** Rows are read as they come, because the parser takes several times as long for them. */
  const read = (bytes: Buffer, columns: readonly Column[]): Told => {
    const rows: unknown[] = []
    const others: Message[] = []
    for (let start = 0; start < bytes.length;) {
      const end = start + codeLength + bytes.readUInt32BE(start + codeLength)
      if (bytes[start] === codeOfRow) rows.push(rowAt(bytes, start, columns))
      else parser.parse(bytes.subarray(start, end), (message) => others.push(message))
      start = end
    }
    return { rows, others }
  }

  /** Whatever fails, the server skips what follows until the end of the call, and is ready for the next one. */
  const call = async (
    sent: readonly Uint8Array[],
    columns: readonly Column[] = [],
  ): Promise<Told> => {
    if (!pglite.ready) throw new Error('The database is closed')
    const chunks: Buffer[] = []
    await pglite.execProtocolRawStream(Buffer.concat([...sent, serialize.sync()]), {
      onRawData: (bytes) => chunks.push(Buffer.from(bytes)),
    })
    const told = read(Buffer.concat(chunks), columns)
    for (const { channel } of told.others.filter(isNews)) onNews(channel)
    const error = told.others.find(isError)
    if (error !== undefined) throw error
    return told
  }

  const prepare = async (text: string, name: string): Promise<Prepared> => {
    const { others } = await call([
      serialize.parse({ name, text }),
      serialize.describe({ type: 'S', name }),
    ])
    const columns = others.find(isColumns)?.fields ?? []
    return {
      name,
      parameterTypes: others.find(isParameters)?.dataTypeIDs ?? [],
      columns: columns.map((column) => ({
        name: column.name,
        read: pglite.parsers[column.dataTypeID] ?? ((text) => text),
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
    await call(names.map((name) => serialize.close({ type: 'S', name })))
  }

  const textOf = (value: unknown, type = 0): string | null => {
    if (value === null || value === undefined) return null
    return pglite.serializers[type]?.(value) ?? `${value as number}`
  }

  const run = async <Row>(text: string, parameters: readonly unknown[]): Promise<Answer<Row>> => {
    const { name, parameterTypes, columns } = await preparedFor(text)
    const values = parameters.map((value, index) => textOf(value, parameterTypes[index]))
    const sent = [serialize.bind({ statement: name, values }), serialize.execute()]
    const { rows, others } = await call(sent, columns)
    // `INSERT 0 5`, `UPDATE 5`, `CREATE TABLE`
    const words = others.find(isEnd)?.text.split(' ') ?? []
    const [command = ''] = words
    return {
      rows: rows as Row[],
      command,
      written: writes.has(command) ? Number(words.at(-1)) : 0,
    }
  }

  return (text, parameters) =>
    pglite.runExclusive(async () => {
      try {
        return await run(text, parameters)
      } catch (error) {
        if (isStalePlan(error)) await forgetAll()
        throw error
      }
    })
}
