import { RE2JS, RE2JSException } from 're2js'
import type { Schema } from '#xproto'
import type { Sql } from '../database.ts'
import { createParameters } from '../parameters.ts'
import { endSql, type Test } from './condition.ts'
import { badValue, textValue } from './value.ts'

const maxPatternLength = 1000
const rowsAtOnce = 500

/** Instructions of a compiled pattern times characters of a text: about a second. */
const maxEffort = 10_000_000
/** The same for all texts of one question. */
const maxEffortOfAll = 200_000_000

type Pattern = {
  matches(text: string): boolean
  /** Instructions. */
  readonly size: number
}

/**
 * Compiles a regular expression in the syntax of RE2, where `.` stands for line ends as well, as in PostgreSQL. Not
 * left to the database, where a pattern may take for ever, and PGlite cannot be interrupted. Throws INVALID_FIELD.
 */
const compilePattern = (name: string, value: string | number, ignoreCase: boolean): Pattern => {
  const text = textValue(name, value)
  if (text.length > maxPatternLength) {
    const message = `expected a regular expression of at most ${maxPatternLength} characters, got ${text.length}`
    throw badValue(name, message)
  }
  try {
    const flags = RE2JS.DOTALL | (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
    const pattern = RE2JS.compile(text, flags)
    return { matches: (tested) => pattern.test(tested), size: pattern.programSize() }
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown
    const reason = thrown.message.replace('(?s)', '').slice(0, 200)
    throw badValue(name, `expected a regular expression (RE2), got one with an ${reason}`)
  }
}

const tooMuch = (name: string, id: number): Error =>
  badValue(
    name,
    `this regular expression takes too long on what the records hold (at the record with id ${id}); write a shorter one, or use contains`,
  )

/** Lets other clients be served between two batches. */
const othersFirst = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/**
 * Ids of the records at the end of the path whose value the regular expression matches, deleted ones included. Throws
 * INVALID_FIELD for one that is none, or that takes too long.
 */
export const matchingIds = async (
  sql: Sql,
  schema: Schema,
  { name, path, lookup, value }: Test,
): Promise<readonly number[]> => {
  const pattern = compilePattern(name, value, lookup === 'iregex')
  const { model } = path
  const text = endSql('r', path).text
  const leaves = schema.descendants(model.name).map((leaf) => leaf.name)
  const ids: number[] = []
  let effort = 0
  let after = 0
  for (;;) {
    const parameters = createParameters()
    const rows = await sql.query<{ id: number; text: string | null }>(
      `select r.id, ${text} as text from record r
       where r.root = ${parameters.bind(model.root)} and r.leaf = any(${parameters.bind(leaves)})
         and r.id > ${parameters.bind(after)}
       order by r.id limit ${rowsAtOnce}`,
      parameters.values,
    )
    for (const row of rows) {
      if (row.text === null) continue
      const needed = row.text.length * pattern.size
      effort += needed
      if (needed > maxEffort || effort > maxEffortOfAll) throw tooMuch(name, row.id)
      if (pattern.matches(row.text)) ids.push(row.id)
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < rowsAtOnce) return ids
    after = last.id
    await othersFirst()
  }
}
