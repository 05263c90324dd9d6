export { durationMs } from '#contract'
