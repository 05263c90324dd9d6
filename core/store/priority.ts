/** As long has other work to have waited to go before a change that is made now; in microseconds. */
const headStart = 300_000_000

/**
 * When a change that is made now counts as due. Work is taken in the order in which it became due, so what is dated
 * back goes before what came of its own accord in the last minutes: a resync, a retry of a whole model, another try after
 * a failure. These grow old, so neither keeps the other waiting forever. Microseconds since 1970, as `now`.
 */
export const dueAsChange = (now: number): number => now - headStart

type Line = { readonly pending: boolean; readonly next_run: number | null }

/** When a record is due that is changed while it may wait for its turn already: it keeps its place. */
export const keepingPlace = ({ pending, next_run }: Line, due: number): number =>
  pending && next_run !== null ? Math.min(next_run, due) : due
