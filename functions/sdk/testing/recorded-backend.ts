/** What a step asked of its backend. */
export type BackendCall = {
  /** Its path from the client: `createUser`, `databases.create`; `connect().query` on what another call answered. */
  readonly method: string
  readonly parameters: readonly unknown[]
}

/** Thrown into a step in place of an answer, where its process would have ended. */
export class BackendCut extends Error {
  override readonly name = 'BackendCut'

  constructor(method: string) {
    super(`The test has cut off the step at its call of ${method}`)
  }
}

export type RecordedBackend<Backend extends object> = {
  /** Behaves as the one that was given, and notes what is asked of it. */
  readonly backend: Backend
  /** The calls so far, in the order in which they began. */
  readonly calls: readonly BackendCall[]
}

type Method = (this: unknown, ...parameters: unknown[]) => unknown

const isMethod = (value: unknown): value is Method => typeof value === 'function'

/** Whether it is something to call methods of, and not data: an instance of a class, or an object with functions. */
const isClient = (value: unknown): value is object => {
  if (Object.prototype.toString.call(value) !== '[object Object]') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return true
  return Object.values(value as object).some(isMethod)
}

/**
 * Notes the calls that a step makes of its backend: of any client with methods, and of the clients that those answer.
 * With `cutAfter`, the step is cut off as by a crash: that many calls are carried out, the answer of the last of them is
 * lost, and what comes after is not carried out. All of that ends with {@link BackendCut}.
 */
export const recordBackend = <Backend extends object>(
  backend: Backend,
  { cutAfter = Infinity }: { readonly cutAfter?: number } = {},
): RecordedBackend<Backend> => {
  const calls: BackendCall[] = []
  const known = new WeakMap<object, object>()

  const answerOf = (value: unknown, method: string): unknown =>
    isClient(value) ? recorded(value, `${method}().`) : value

  const carryOut = (method: string, parameters: readonly unknown[], call: () => unknown) => {
    if (calls.length >= cutAfter) throw new BackendCut(method)
    calls.push({ method, parameters })
    const isLost = calls.length === cutAfter
    const heard = (value: unknown): unknown => {
      if (isLost) throw new BackendCut(method)
      return answerOf(value, method)
    }
    const value = call()
    return value instanceof Promise ? value.then(heard) : heard(value)
  }

  const recordedMethod =
    (method: Method, path: string, owner: unknown): Method =>
    (...parameters) =>
      carryOut(path, parameters, () => Reflect.apply(method, owner, parameters))

  const recorded = (client: object, path: string): object => {
    const before = known.get(client)
    if (before !== undefined) return before
    // Not the client itself: of one that is frozen, a proxy could answer nothing but what it has.
    const stand = Object.create(Object.getPrototypeOf(client) as object | null) as object
    const proxy = new Proxy(stand, {
      get(_, name): unknown {
        const value: unknown = Reflect.get(client, name)
        if (typeof name === 'symbol' || name === 'constructor' || name === 'then') return value
        if (isMethod(value)) return recordedMethod(value, `${path}${name}`, client)
        return isClient(value) ? recorded(value, `${path}${name}.`) : value
      },
      set: (_, name, value) => Reflect.set(client, name, value),
      has: (_, name) => Reflect.has(client, name),
    })
    known.set(client, proxy)
    return proxy
  }

  const wrapped = isMethod(backend)
    ? recordedMethod(backend, backend.name || 'call', undefined)
    : recorded(backend, '')
  return { backend: wrapped as Backend, calls }
}
