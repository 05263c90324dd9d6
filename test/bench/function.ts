import { startServer } from './child.ts'

/** A call as the function saw it; times are those of `monotonicMs`. Without `answeredMs` it was not answered yet. */
export type SeenCall = {
  readonly path: string
  /** `Item/7` */
  readonly subject: string
  readonly receivedMs: number
  answeredMs?: number
}

type Behaviour = {
  readonly status?: number
  readonly delayMs?: number
  /** So long after its first call it does not answer any more. */
  readonly hangAfterMs?: number
}

export type FunctionProcess = {
  /** Where to post changes of the model, and what is answered. */
  readonly urlOf: (model: string, behaviour?: Behaviour) => string
  /** The calls since it was asked for the last time. */
  readonly takeCalls: () => Promise<readonly SeenCall[]>
  /** How many calls there were ever, by path: `/Item`. */
  readonly countCalls: () => Promise<Readonly<Record<string, number>>>
  stop(): void
}

/** A function in a process of its own, that notes its calls. */
export const startFunction = async (): Promise<FunctionProcess> => {
  const child = await startServer('function')
  const { url } = child
  const ask = async (path: string): Promise<unknown> => (await fetch(new URL(path, url))).json()
  return {
    urlOf(model, behaviour = {}) {
      const address = new URL(model, url)
      for (const [name, value] of Object.entries(behaviour))
        address.searchParams.set(name, String(value))
      return address.href
    },
    takeCalls: () => ask('calls') as Promise<readonly SeenCall[]>,
    countCalls: () => ask('counts') as Promise<Record<string, number>>,
    stop: () => child.stop(),
  }
}
