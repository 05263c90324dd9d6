import { durationMs } from '#contract'
import type { StepSettings } from '#emulator'
import type { ConfigFile } from './config.schema.ts'

const defaults = {
  timeout: '30s',
  gatewayGrace: '0s',
  concurrency: 10,
  deferredDelay: '5s',
  retryFirst: '1s',
  retryCap: '10m',
} as const

/** A value that the schema let through is a duration. */
export const ms = (value: string | number): number => durationMs(value) ?? 0

/** Undefined stays undefined. */
export const optionalMs = (value: string | number | undefined): number | undefined =>
  value === undefined ? undefined : ms(value)

/** The settings of a step: its own from `functions`, else the defaults. Zero is a value like any other. */
export const stepSettings = (config: ConfigFile, step: string): StepSettings => {
  const functions = new Map(Object.entries(config.functions ?? {}))
  const { timeout, gateway_grace, concurrency, retry } = functions.get(step) ?? {}
  return {
    timeoutMs: ms(timeout ?? defaults.timeout),
    gatewayGraceMs: ms(gateway_grace ?? defaults.gatewayGrace),
    concurrency: concurrency ?? defaults.concurrency,
    deferredDelayMs: ms(config.deferred_delay ?? defaults.deferredDelay),
    retry: {
      firstMs: ms(retry?.first ?? defaults.retryFirst),
      capMs: ms(retry?.cap ?? defaults.retryCap),
      maxAttempts: retry?.max_attempts,
    },
  }
}
