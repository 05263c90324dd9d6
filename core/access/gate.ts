export type GateOptions = {
  /** How many may be inside at once. */
  readonly inside: number
  /** How many may wait; whoever comes after them is turned away. */
  readonly waiting: number
  /** What the one who is turned away gets to see. */
  readonly full: () => Error
}

/** Lets a few pieces of work run at a time, the rest in the order they came. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>

export const createGate = ({ inside, waiting, full }: GateOptions): Gate => {
  const queue: (() => void)[] = []
  let running = 0

  const enter = async (): Promise<void> => {
    if (running < inside) {
      running += 1
      return
    }
    if (queue.length >= waiting) throw full()
    // Whoever leaves hands over its place, so `running` stays as it is.
    await new Promise<void>((resolve) => queue.push(resolve))
  }

  const leave = (): void => {
    const next = queue.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return async (work) => {
    await enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
