import { isIPv6 } from 'node:net'
import { completionsPath, type StoreOptions } from '#core'
import type { CoreSettings } from './core-settings.ts'

/** Functions on this machine reach it at any of its addresses. */
const localHost = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIPv6(host) ? `[${host}]` : host
}

/**
 * Where functions reach the REST face, without a slash at its end; undefined when they do not, or when it does not
 * listen yet.
 *
 * @param restPort undefined until it listens
 */
export const restAddress = (
  { publicUrl, host }: Pick<CoreSettings, 'publicUrl' | 'host'>,
  restPort: number | undefined,
): string | undefined => {
  if (publicUrl === undefined || restPort === undefined) return undefined
  const base = publicUrl === 'own' ? `http://${localHost(host)}:${restPort}` : publicUrl.href
  return base.replace(/\/$/, '')
}

/** Lets functions reach the core where it says; `completionMs` is how long their calls may be completed. */
export const reachedAt = (
  address: () => string | undefined,
  completionMs: number,
): Pick<StoreOptions, 'completions' | 'restAddress'> => ({
  restAddress: address,
  completions: {
    address: () => {
      const base = address()
      return base === undefined ? undefined : base + completionsPath
    },
    timeoutMs: completionMs,
  },
})
