/**
 * Emulator: a whole synchronizer on one machine, as it would run on Knative.
 *
 * Start with {@link startEmulator}: the core, a dispatcher, and one process for each step, which is started again when
 * it dies or its file changes. {@link startCore} and {@link createDispatching} are its parts, for those who run them
 * alone. Time, randomness, HTTP, processes and watched folders are arguments.
 */
export { startEmulator, type Emulator, type EmulatorOptions } from './emulator.ts'
export { startCore, type RunningCore } from './start-core.ts'
export type { CoreSettings, Ports } from './core-settings.ts'
export type { Look, StepLook } from './look.ts'
export { createDispatching, type Dispatching, type DispatchingOptions } from './dispatching.ts'
export { openDatabaseSource } from './database-source.ts'
export { createDispatcherMetrics, type DispatcherMetrics } from './dispatcher-metrics.ts'
export { logLoaded, logLoading } from './loading-log.ts'
export { describeFunction, type Ask, type Description } from './describe.ts'
export { findElsewhere } from './find-elsewhere.ts'
export { freePort } from './free-port.ts'
export { startHealthServer, type HealthServer } from './health-server.ts'
export { createClosers, type Closers } from './closers.ts'
export { fired, sleep } from './sleep.ts'
export { seededRandom } from './knative/faults.ts'

// What it needs from the outside.
export { defaultServing, type KnativeSettings, type ServingSettings } from './knative/settings.ts'
export type { Project, ProjectStep, StepSettings } from './project.ts'
export type { SpawnStep } from './step-process.ts'
export type { WatchFolder } from './restart-on-change.ts'
export type { Processes } from './lock-folder.ts'
export type { Log } from './log.ts'
