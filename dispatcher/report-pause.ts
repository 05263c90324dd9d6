const mostPauseMs = 100

/**
 * How long outcomes gather after a report that took so long, while more are to come. A report costs the core about as
 * much for one record as for twenty: so it spends a third of its time on reports at most, however slow it is.
 */
export const reportPauseMs = (durationMs: number): number => Math.min(mostPauseMs, 2 * durationMs)
