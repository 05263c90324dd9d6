import type { ServingSettings } from './settings.ts'

export type ScalingSettings = Pick<
  ServingSettings,
  | 'containerConcurrency'
  | 'minScale'
  | 'maxScale'
  | 'targetUtilizationPercentage'
  | 'windowMs'
  | 'retentionMs'
>

/** What was seen since the last look. */
type Load = {
  readonly nowMs: number
  /** Requests under way or waiting, on average. */
  readonly concurrency: number
  /** Processes there are. */
  readonly scale: number
}

export type Autoscaler = {
  /** How many processes there should be. */
  desired(load: Load): number
  /** Forgets what it saw: the processes are new. */
  reset(nowMs: number): void
}

type Sample = { readonly atMs: number; readonly concurrency: number }

/** Without a limit for each process, each is meant to serve so many requests at once. */
const targetWithoutLimit = 100
const panicWindowShare = 0.1
/** Panic begins when this many times the processes are needed. */
const panicThreshold = 2
const maxScaleUpRate = 1_000
const maxScaleDownRate = 2

const averageOf = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { concurrency }) => sum + concurrency, 0) / Math.max(1, samples.length)

/**
 * Knative's arithmetic: as many processes as the load of the window needs; in panic, when the last tenth of it needs
 * twice what there is, as many as that needs and never fewer than before. None only after a whole window of nothing.
 */
export const createAutoscaler = (settings: ScalingSettings, startMs: number): Autoscaler => {
  const { containerConcurrency, minScale, maxScale, windowMs, retentionMs } = settings
  const full = containerConcurrency === 0 ? targetWithoutLimit : containerConcurrency
  const target = (full * settings.targetUtilizationPercentage) / 100
  let samples: readonly Sample[] = []
  let activeSinceMs = startMs
  let panic: { readonly sinceMs: number; readonly most: number } | undefined

  const neededIn = (ms: number, nowMs: number): number =>
    Math.ceil(averageOf(samples.filter(({ atMs }) => atMs > nowMs - ms)) / target)

  const withoutFalling = (stable: number, urgent: number, { nowMs, scale }: Load): number => {
    const isUrgent = urgent / Math.max(1, scale) >= panicThreshold
    if (isUrgent) panic = { sinceMs: nowMs, most: panic?.most ?? scale }
    if (panic === undefined) return stable
    if (nowMs - panic.sinceMs >= windowMs) {
      panic = undefined
      return stable
    }
    panic = { ...panic, most: Math.max(panic.most, urgent) }
    return panic.most
  }

  const atItsPace = (wanted: number, scale: number): number =>
    Math.min(
      Math.max(wanted, Math.floor(scale / maxScaleDownRate)),
      Math.max(1, scale) * maxScaleUpRate,
    )

  const isIdleLongEnough = (nowMs: number): boolean => {
    const lastBusyMs = samples.findLast(({ concurrency }) => concurrency > 0)?.atMs
    return nowMs - (lastBusyMs ?? activeSinceMs) >= windowMs + retentionMs
  }

  return {
    desired(load) {
      const { nowMs, concurrency, scale } = load
      samples = [...samples, { atMs: nowMs, concurrency }].filter(
        ({ atMs }) => atMs > nowMs - windowMs - retentionMs,
      )
      const stable = neededIn(windowMs, nowMs)
      const urgent = neededIn(windowMs * panicWindowShare, nowMs)
      const wanted = atItsPace(withoutFalling(stable, urgent, load), scale)
      const lowest = scale > 0 && !isIdleLongEnough(nowMs) ? Math.max(1, minScale) : minScale
      return Math.min(Math.max(wanted, lowest), maxScale === 0 ? Infinity : maxScale)
    },

    reset(nowMs) {
      samples = []
      panic = undefined
      activeSinceMs = nowMs
    },
  }
}
