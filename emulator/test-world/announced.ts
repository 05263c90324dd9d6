import type { AnyStep } from '#functions'

const about = [
  'observes',
  'include',
  'filter',
  'after_policy',
  'fields',
  'types',
  'sources',
  'topics',
  'every',
] as const

const methods = [
  'sync_record',
  'delete_record',
  'handle_create',
  'handle_update',
  'handle_delete',
  'process_event',
  'pull_records',
] as const

type Method = (this: unknown, ...parameters: unknown[]) => unknown

/** A step of the same kind that calls back when it begins its work, and when it has ended. */
export const announced = (step: AnyStep, begins: () => void, ends: () => void): AnyStep => {
  const around = async (work: () => unknown): Promise<unknown> => {
    begins()
    try {
      return await work()
    } finally {
      ends()
    }
  }
  const own = about.map((name) => [name, Reflect.get(step, name)] as const)
  const called = methods.flatMap((name) => {
    const method = Reflect.get(step, name) as Method | undefined
    if (method === undefined) return []
    const call: Method = (...parameters) => around(() => Reflect.apply(method, step, parameters))
    return [[name, call] as const]
  })
  return Object.fromEntries([...own, ...called]) as unknown as AnyStep
}
