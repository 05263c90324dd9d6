const everyMs = 20

/**
 * Waits until the condition answers something other than undefined or false, and answers that. A condition that throws
 * has not come true yet. Rejects with what it waited for when that takes longer than the deadline.
 */
export const until = async <T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 60_000,
): Promise<T> => {
  const latest = Date.now() + deadlineMs
  let last: unknown
  for (;;) {
    try {
      const value = await condition()
      if (value !== undefined && value !== false) return value
      last = value
    } catch (error) {
      last = error
    }
    if (Date.now() > latest) throw new Error(`Waited in vain for ${what}; last: ${String(last)}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
