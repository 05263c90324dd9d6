import type { Log } from './log.ts'

/** What was opened, to be closed in reverse order. */
export type Closers = {
  add(name: string, close: () => Promise<void>): void
  /** Closes everything, also when something cannot be closed. A second call waits for the first. */
  closeAll(): Promise<void>
}

export const createClosers = (log: Log): Closers => {
  const open: { readonly name: string; readonly close: () => Promise<void> }[] = []
  let closing: Promise<void> | undefined

  // What is opened while everything is being closed is closed too.
  const closeEach = async (): Promise<void> => {
    for (let last = open.pop(); last !== undefined; last = open.pop()) {
      const { name } = last
      await last.close().catch((error: unknown) => log.error({ err: error, name }, 'Cannot close'))
    }
  }

  return {
    add(name, close) {
      open.push({ name, close })
      if (closing !== undefined) closing = closing.then(closeEach)
    },
    closeAll() {
      closing ??= closeEach()
      return closing
    },
  }
}
