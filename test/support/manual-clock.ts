export { createManualClock, type ManualClock } from '../../functions/sdk/testing.ts'
