import type { Clock } from '#contract'
import { widthOf } from './line-width.ts'
import type { Output } from './world.ts'

/** A terminal whose last lines stay at its bottom, below all that is written. */
export type Pinned = {
  /** Takes whole lines. */
  readonly output: Output
  /** Shows these lines from now on, none of which may be wider than the terminal. */
  pin(lines: readonly string[]): void
  /** Leaves the lines where they are; what is written from now on stands below them. */
  close(): void
}

/** What is written in between is written at once: a terminal that is drawn anew more often flickers. */
const drawEveryMs = 50

/** Terminals that know it show what is between them in one go. */
const inOneGo = (text: string): string => `\u001b[?2026h${text}\u001b[?2026l`

/** So many lines up, and all from there on cleared. */
const erased = (rows: number): string => (rows === 0 ? '' : `\u001b[${rows}A\r\u001b[J`)

/**
 * What is written scrolls by above the pinned lines and stays in the history of the terminal. Nothing of the terminal
 * is changed that would have to be put back at the end, however the program ends.
 */
export const createPinned = (terminal: Output, clock: Pick<Clock, 'after'>): Pinned => {
  let waiting = ''
  let pinned: readonly string[] = []
  let drawn: readonly string[] = []
  let cancel: (() => void) | undefined
  let isClosed = false

  /** A terminal that has become narrower shows a line on several rows. */
  const drawnRows = (): number => {
    const { columns } = terminal.size?.() ?? { columns: Infinity }
    return drawn.reduce((rows, line) => rows + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
  }

  const draw = (): void => {
    cancel?.()
    cancel = undefined
    const lines = pinned.map((line) => `${line}\n`).join('')
    terminal.write(inOneGo(erased(drawnRows()) + waiting + lines))
    waiting = ''
    drawn = pinned
  }

  const drawSoon = (): void => {
    cancel ??= clock.after(drawEveryMs, draw)
  }

  return {
    output: {
      ...terminal,
      write(text) {
        if (isClosed || pinned.length === 0) {
          terminal.write(text)
          return
        }
        waiting += text
        drawSoon()
      },
    },
    pin(lines) {
      if (isClosed || lines.join('\n') === pinned.join('\n')) return
      pinned = lines
      drawSoon()
    },
    close() {
      if (cancel !== undefined) draw()
      isClosed = true
    },
  }
}
