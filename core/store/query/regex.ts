import { RE2JS, RE2JSException } from 're2js'
import type { Sql } from '../database.ts'
import { createParameters } from '../parameters.ts'
import type { RecordRow } from '../row.ts'
import { allSql, type Candidates } from './candidates.ts'
import { endSql, type Test } from './condition.ts'
import { badValue, textValue } from './value.ts'

const maxPatternLength = 1000
const rowsAtOnce = 500

/** Instructions of a compiled pattern times characters of a text: at worst a quarter of a second. */
const maxEffort = 4_000_000
/** The same for all patterns and texts of one question. */
const maxEffortOfAll = 50_000_000
/** After so much, other clients are served first. */
const effortAtOnce = 1_000_000

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

/** What the regular expressions of one question take, all together. */
export type Effort = {
  /** To be called before a text is looked at. Rejects with INVALID_FIELD where it would be too much. */
  spend(name: string, id: number, units: number): Promise<void>
}

const othersFirst = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

export const createEffort = (): Effort => {
  let all = 0
  let atOnce = 0
  return {
    async spend(name, id, units) {
      all += units
      atOnce += units
      if (units > maxEffort) {
        throw badValue(
          name,
          `this regular expression takes too long on the record with id ${id}; write a shorter one, or use contains`,
        )
      }
      if (all > maxEffortOfAll) {
        throw badValue(
          name,
          'regular expressions take too long on so many records; ask for fewer with other elements, write shorter ones, or use contains',
        )
      }
      if (atOnce < effortAtOnce) return
      atOnce = 0
      await othersFirst()
    },
  }
}

/**
 * Ids of the candidates whose value at the end of the path the regular expression matches. Throws INVALID_FIELD for
 * one that is none, or that takes too long.
 */
export const matchingIds = async (
  { sql, effort }: { readonly sql: Sql; readonly effort: Effort },
  { conditions, check }: Candidates,
  { name, path, lookup, value }: Test,
): Promise<readonly number[]> => {
  const pattern = compilePattern(name, value, lookup === 'iregex')
  const text = endSql('r', path).text
  const ids: number[] = []
  let after = 0
  for (;;) {
    const parameters = createParameters()
    const rows = await sql.query<RecordRow & { tested: string }>(
      `select ${check === undefined ? 'r.id' : 'r.*'}, ${text} as tested from record r
       where ${allSql(conditions, 'r', parameters)} and ${text} is not null
         and r.id > ${parameters.bind(after)}
       order by r.id limit ${rowsAtOnce}`,
      parameters.values,
    )
    for (const row of rows) {
      if (check !== undefined && !(await check(row))) continue
      await effort.spend(name, row.id, row.tested.length * pattern.size)
      if (pattern.matches(row.tested)) ids.push(row.id)
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < rowsAtOnce) return ids
    after = last.id
  }
}
