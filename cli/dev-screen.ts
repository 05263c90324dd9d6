import type { Emulator } from '#emulator'
import { hasColours } from './colours.ts'
import { tableLines } from './dev-table.ts'
import { createPinned } from './pinned.ts'
import type { Output, World } from './world.ts'

/** Where `syncstep dev` writes. */
export type DevScreen = {
  readonly output: Output
  /** Shows how the steps and their records are from now on, where that can be shown. */
  follow(emulator: Pick<Emulator, 'look'>): void
  close(): void
}

const lookEveryMs = 500
/** Of the time, looking takes at most one part in so many. */
const restsPerLook = 10

/** Lines alone, for files, pipes and terminals that cannot move their cursor. */
const linesOnly = (output: Output): DevScreen => ({
  output,
  follow: () => undefined,
  close: () => undefined,
})

/** In a terminal, a table that stays below the lines of the log; elsewhere these alone. */
export const openDevScreen = (world: World): DevScreen => {
  const { stdout, clock, environment } = world
  const { size } = stdout
  if (!stdout.isTerminal || size === undefined || environment['TERM'] === 'dumb') {
    return linesOnly(stdout)
  }
  const pinned = createPinned(stdout, clock)
  const colours = hasColours(stdout, world)
  let isClosed = false
  let cancel = (): void => undefined

  /** Two thirds of the terminal; the log has the rest. */
  const show = async (look: Emulator['look']): Promise<void> => {
    const seen = await look()
    const { columns, rows } = size()
    pinned.pin(
      tableLines(seen, { columns, rows: Math.max(4, Math.floor((rows * 2) / 3)), colours }),
    )
  }

  const follow = async (look: Emulator['look']): Promise<void> => {
    const begun = clock.now()
    // A database that is closed or away cannot be looked at: the table stays as it is.
    await show(look).catch(() => undefined)
    if (isClosed) return
    const rest = Math.max(lookEveryMs, restsPerLook * (clock.now() - begun))
    cancel = clock.after(rest, () => void follow(look))
  }

  return {
    output: pinned.output,
    follow: ({ look }) => void follow(look),
    close() {
      isClosed = true
      cancel()
      pinned.close()
    },
  }
}
