import type { Clock } from '#contract'

export type Readiness = {
  /** From now on it can do its work as long as the question is answered with yes, and in time. */
  begin(question: () => Promise<boolean>): void
  /** From now on it takes no new work. */
  end(): void
  isReady(): Promise<boolean>
}

const longestWaitMs = 2_000

/** Whether a process can do its work now. However many ask at once, the question is put once. */
export const createReadiness = (clock: Clock): Readiness => {
  let question: (() => Promise<boolean>) | undefined
  let underWay: Promise<boolean> | undefined

  const put = (asked: () => Promise<boolean>): Promise<boolean> =>
    new Promise((resolve) => {
      const cancel = clock.after(longestWaitMs, () => resolve(false))
      const settle = (isReady: boolean): void => {
        cancel()
        resolve(isReady)
      }
      asked().then(settle, () => settle(false))
    })

  return {
    begin(asked) {
      question = asked
    },
    end() {
      question = undefined
    },
    async isReady() {
      const asked = question
      if (asked === undefined) return false
      underWay ??= put(asked).finally(() => {
        underWay = undefined
      })
      return (await underWay) && asked === question
    },
  }
}
