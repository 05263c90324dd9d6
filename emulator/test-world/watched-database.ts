import type { Database } from '#core'

type WatchedDatabase = {
  readonly database: Database
  /** True while it owes somebody an answer. */
  readonly isAtWork: () => boolean
}

/** A database of which is known whether it is at work, so that time stands still meanwhile. */
export const watchedDatabase = (database: Database): WatchedDatabase => {
  let underWay = 0
  const counting = async <T>(work: () => Promise<T>): Promise<T> => {
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }
  return {
    database: {
      ...database,
      query: (text, parameters) => counting(() => database.query(text, parameters)),
      transaction: (work) => counting(() => database.transaction(work)),
    },
    isAtWork: () => underWay > 0,
  }
}
